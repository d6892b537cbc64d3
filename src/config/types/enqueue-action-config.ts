// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** The `config` block: Puts a message into a queue. The result of the action is the id of the message. */
export interface EnqueueActionConfigBlock {
  /** The integration, as `integration.NAME` or as text. Example: `integration.backend`. */
  readonly integration: string
  /** The queue. Example: `"jobs"`. */
  readonly queue: string
  /** The message. Default, also for `{}`: the trigger. */
  readonly message?: unknown
  /** Headers of the message, where the protocol has them. */
  readonly headers?: { readonly [name: string]: string } | undefined
  /**
   * Time that the broker waits before it delivers the message.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly delay?: Duration | undefined
  /** A wire format of the protocol. Default: the `format` of the integration. */
  readonly format?: string | undefined
}
