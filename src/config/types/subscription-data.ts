// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'
import type { DataAttributes } from './data-attributes.js'

/**
 * A block `data` of type `subscription`. A value that stays up to date: the result of a call, the messages of
 * a subscription or of a queue.
 */
export interface SubscriptionDataBlock extends DataAttributes {
  /** Subscribes to topics. */
  readonly type: 'subscription'
  /** The topic, or a pattern with the wildcards of the broker. Example: `"prices/#"`. */
  readonly topic: string
  /** Quality of service of MQTT. Default: that of the integration. */
  readonly qos?: 0 | 1 | 2 | undefined
  /** A wire format of the protocol. Default: the `format` of the integration. */
  readonly format?: string | undefined
  /** Parameters of a subscription that is a method of a service (gRPC, JSON-RPC). */
  readonly params?: unknown
  /** Headers or metadata of the request that opens the subscription. */
  readonly headers?: { readonly [name: string]: string } | undefined
  /**
   * Passes only the newest message of each topic, at most once in this time.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly conflate?: Duration | undefined
  /**
   * What happens when messages come faster than they are taken: `block` holds the broker back.
   * @defaultValue `"block"`
   */
  readonly overflow?: 'block' | 'drop-oldest' | 'drop-newest' | undefined
}
