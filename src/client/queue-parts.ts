import type { IntegrationMail } from '../mailbox/integration-mail.js'
import type { Decode } from '../mailbox/message-run.js'
import type { Turn } from '../mailbox/turn.js'
import type { Work } from '../mailbox/work.js'

/** What a client of queues works with. @internal */
export interface QueueParts {
  readonly mail: IntegrationMail
  readonly turn: Turn
  readonly work: Work
  /** A handler or the body of a loop threw. */
  readonly handlerFailed: (queue: string, error: unknown) => void
  /** What makes values of bytes of a format, or of the integration's own. */
  readonly decoder: (format: string | undefined) => Decode
}
