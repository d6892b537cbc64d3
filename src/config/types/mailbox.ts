// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Size } from '../../core/bytes.js'

/** The `mailbox` block: Bounds of the mailbox between the host thread and the actor. */
export interface MailboxBlock {
  /**
   * Maximum number of messages that wait in each direction.
   * A whole number of at least 1.
   * @defaultValue `10000`
   */
  readonly messages?: number | undefined
  /**
   * Maximum bytes of payload that wait in each direction.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"64MB"`
   */
  readonly bytes?: Size | undefined
  /**
   * What happens to a message when the mailbox is full: `block` makes the sender wait, `reject` fails it,
   * `drop-oldest` drops the oldest waiting message, `drop-newest` drops the new one.
   * @defaultValue `"block"`
   */
  readonly overflow?: 'block' | 'reject' | 'drop-oldest' | 'drop-newest' | undefined
}
