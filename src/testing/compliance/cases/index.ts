import type { ComplianceCase } from '../case.js'
import { connectionCases } from './connection.js'
import { consumerCases } from './consumers.js'
import { crashCases } from './crashes.js'
import { limitCases } from './limits.js'
import { overflowCases } from './overflow.js'
import { queueCases } from './queues.js'
import { rpcCases } from './rpc.js'
import { serveCases } from './serve.js'
import { shutdownCases } from './shutdown.js'
import { subscriptionCases } from './subscriptions.js'
import { topicCases } from './topics.js'
import { valueCases } from './values.js'

/** Every case but those of what a protocol does not have. */
export const CASES: readonly ComplianceCase[] = [
  ...topicCases,
  ...subscriptionCases,
  ...overflowCases,
  ...valueCases,
  ...queueCases,
  ...consumerCases,
  ...rpcCases,
  ...serveCases,
  ...limitCases,
  ...crashCases,
  ...connectionCases,
  ...shutdownCases,
]
