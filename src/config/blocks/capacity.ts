import { OVERFLOW_POLICIES } from '../../core/overflow.js'
import {
  FAULTS,
  type IntegrationSettings,
  type LimitSettings,
  type MailboxSettings,
} from '../../core/settings.js'
import { DEFAULT_LIMITS, DEFAULT_MAILBOX, LEAST_FRAME, LEAST_MEMORY } from '../defaults.js'
import { duration, integer, oneOf, size } from '../kinds.js'
import type { ChaosBlock, LimitsBlock, MailboxBlock } from '../options.js'
import type { Section } from '../section.js'

/** The `mailbox` block. */
export function readMailbox(section: Section<MailboxBlock> | undefined): MailboxSettings {
  if (section === undefined) return DEFAULT_MAILBOX
  const messages = section.value('messages', integer(1)) ?? DEFAULT_MAILBOX.messages
  const bytes = section.value('bytes', size(1)) ?? DEFAULT_MAILBOX.bytes
  const overflow = section.value('overflow', oneOf(OVERFLOW_POLICIES)) ?? DEFAULT_MAILBOX.overflow
  section.done()
  return { messages, bytes, overflow }
}

/** The `limits` block of an integration. */
export function readLimits(section: Section<LimitsBlock> | undefined): LimitSettings {
  if (section === undefined) return DEFAULT_LIMITS
  const memory = section.value('memory', size(LEAST_MEMORY)) ?? DEFAULT_LIMITS.memory
  const frame = section.value('frame', size(LEAST_FRAME)) ?? DEFAULT_LIMITS.frame
  section.done()
  return { memory, frame }
}

/** The `limits` block of a broker. */
export function readMemory(section: Section<Pick<LimitsBlock, 'memory'>> | undefined): number {
  const memory = section?.value('memory', size(LEAST_MEMORY))
  section?.done()
  return memory ?? DEFAULT_LIMITS.memory
}

/** The `chaos` block: faults on purpose. */
export function readChaos(section: Section<ChaosBlock> | undefined): IntegrationSettings['chaos'] {
  if (section === undefined) return undefined
  const fault = section.required('fault', oneOf(FAULTS))
  const everyMs = section.required('every', duration())
  section.done()
  return fault === undefined || everyMs === undefined ? undefined : { fault, everyMs }
}
