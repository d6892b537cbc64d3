// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { BrokerAttributes } from './broker-attributes.js'

/** A block `broker` of type `memory`. An embedded broker, in a separate thread of the process. */
export interface MemoryBrokerBlock extends BrokerAttributes {
  /** Type of the broker. */
  readonly type: 'memory'
}
