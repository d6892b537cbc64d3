// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { AnyBrokerBlock } from './any-broker.js'
import type { MemoryBrokerBlock } from './memory-broker.js'
import type { MqttBrokerBlock } from './mqtt-broker.js'

/** The block `broker`: An embedded broker, in a separate thread of the process. */
export type BrokerBlock = MemoryBrokerBlock | MqttBrokerBlock | AnyBrokerBlock
