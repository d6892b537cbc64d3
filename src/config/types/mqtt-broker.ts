// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { BrokerAttributes } from './broker-attributes.js'
import type { BrokerListenBlock } from './broker-listen.js'

/** A block `broker` of type `mqtt`. An embedded broker, in a separate thread of the process. */
export interface MqttBrokerBlock extends BrokerAttributes {
  /** Type of the broker. */
  readonly type: 'mqtt'
  /** Where the broker listens. */
  readonly listen?: BrokerListenBlock | undefined
}
