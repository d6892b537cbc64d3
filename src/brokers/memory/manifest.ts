import type { BrokerManifest } from '../../core/manifest.js'

/** The memory broker: reached inside the process only. */
export const memoryBrokerManifest: BrokerManifest = {
  type: 'memory',
  worker: () => new URL('../../../workers/memory-broker.mjs', import.meta.url),
}
