// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** The `config` block: Publishes a message. The action has no result. */
export interface PublishActionConfigBlock {
  /** The integration, as `integration.NAME` or as text. Example: `integration.backend`. */
  readonly integration: string
  /** The topic. Example: `"orders/created"`. */
  readonly topic: string
  /** The message. Default, also for `{}`: the trigger. */
  readonly message?: unknown
  /** Quality of service of MQTT. Default: that of the integration. */
  readonly qos?: 0 | 1 | 2 | undefined
  /** Whether the broker keeps the message for new subscribers. */
  readonly retain?: boolean | undefined
  /** Headers of the message, where the protocol has them. */
  readonly headers?: { readonly [name: string]: string } | undefined
  /**
   * Time after which the broker discards the message.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly expiry?: Duration | undefined
  /** A wire format of the protocol. Default: the `format` of the integration. */
  readonly format?: string | undefined
}
