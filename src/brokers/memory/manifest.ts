import type { BrokerManifest } from '../../core/manifest.js'

/** Describes the memory broker, which is reachable only inside the process. */
export const memoryBrokerManifest: BrokerManifest = {
  type: 'memory',
  worker: () => new URL('../../../workers/memory-broker.cjs', import.meta.url),
}
