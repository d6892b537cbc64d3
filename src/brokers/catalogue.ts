import type { BrokerManifest } from '../core/manifest.js'
import { memoryBrokerManifest } from './memory/manifest.js'
import { mqttBrokerManifest } from './mqtt/manifest.js'

/** The embedded brokers that a `broker` block can name as its type. Plain data, because the host thread reads it. */
export const BROKERS: readonly BrokerManifest[] = [memoryBrokerManifest, mqttBrokerManifest]
