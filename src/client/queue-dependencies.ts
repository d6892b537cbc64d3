import type { IntegrationMail } from '../mailbox/integration-mail.js'
import type { Decode } from '../mailbox/message-run.js'
import type { Turn } from '../mailbox/turn.js'
import type { Work } from '../mailbox/work.js'

/** What a consumer of a queue needs from its gateway. */
export interface QueueDependencies {
  readonly mail: IntegrationMail
  readonly turn: Turn
  readonly work: Work
  /** Reports the error that a handler threw. */
  readonly handlerFailed: (queue: string, error: unknown) => void
  /** Returns the decoder of a format; default: that of the integration. */
  readonly decoder: (format: string | undefined) => Decode
}
