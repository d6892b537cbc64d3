import type { BrokerManifest } from '../core/manifest.js'
import { memoryBrokerManifest } from './memory/manifest.js'
import { mqttBrokerManifest } from './mqtt/manifest.js'

/** The embedded brokers that a `broker` block may name as its type. Plain data, read on the host thread. */
export const BROKERS: readonly BrokerManifest[] = [memoryBrokerManifest, mqttBrokerManifest]
