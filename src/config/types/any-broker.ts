// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { BrokerAttributes } from './broker-attributes.js'

/**
 * A block `broker` of a type that the compiler does not know. An embedded broker, in a separate thread of the
 * process.
 */
export interface AnyBrokerBlock extends BrokerAttributes {
  /** Type of the broker. */
  readonly type: string
  /** Where the broker listens. */
  readonly listen?: { readonly [name: string]: unknown } | undefined
}
