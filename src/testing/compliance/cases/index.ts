import type { ComplianceCase } from '../case.js'
import { answerCases } from './answers.js'
import { backPressureCases } from './back-pressure.js'
import { breakerCases } from './breaker.js'
import { connectionCases } from './connection.js'
import { consumerCases } from './consumers.js'
import { crashCases } from './crashes.js'
import { deadLetterCases } from './dead-letters.js'
import { endingCases } from './endings.js'
import { foreignCases } from './foreign.js'
import { limitCases } from './limits.js'
import { lossCases } from './losses.js'
import { overflowCases } from './overflow.js'
import { ownershipCases } from './ownership.js'
import { poisonCases } from './poison.js'
import { queueCases } from './queues.js'
import { reasonCases } from './reasons.js'
import { repeatCases } from './repeats.js'
import { replaceCases } from './replace.js'
import { rpcCases } from './rpc.js'
import { serveCases } from './serve.js'
import { shutdownCases } from './shutdown.js'
import { sizeCases } from './sizes.js'
import { subscriptionCases } from './subscriptions.js'
import { topicCases } from './topics.js'
import { transformCases } from './transforms.js'
import { valueCases } from './values.js'

/** Marks cases that leave their gateway unchanged, unless they need other settings. */
const sharing = (cases: readonly ComplianceCase[]) =>
  cases.map((one) => ({ ...one, shares: one.settings === undefined && one.mailbox === undefined }))

/** All cases except those for operations that a protocol does not support. */
export const CASES: readonly ComplianceCase[] = [
  ...sharing(topicCases),
  ...sharing(subscriptionCases),
  ...sharing(transformCases),
  ...overflowCases,
  ...sharing(valueCases),
  ...sharing(queueCases),
  ...consumerCases,
  ...sharing(rpcCases),
  ...serveCases,
  ...limitCases,
  ...crashCases,
  ...connectionCases,
  ...lossCases,
  ...shutdownCases,
  ...backPressureCases,
  ...answerCases,
  ...breakerCases,
  ...endingCases,
  ...foreignCases,
  ...ownershipCases,
  ...poisonCases,
  ...deadLetterCases,
  ...reasonCases,
  ...repeatCases,
  ...replaceCases,
  ...sizeCases,
]
