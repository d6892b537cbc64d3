import type { RedisRegistry } from '../core/discovery.js'
import type { AddressSource } from './address-source.js'
import { announced } from './registry.js'

/** Makes a source of the addresses that servers have announced in a Redis. */
export function redisSource(registry: RedisRegistry, scheme: string | undefined): AddressSource {
  return {
    async find(signal) {
      const addresses = await announced(registry, signal)
      return [...addresses].sort().map((address) => ({
        address: scheme === undefined ? address : `${scheme}://${address}`,
        priority: 0,
        weight: 1,
      }))
    },
  }
}
