import type { DiscoverySettings, FoundAddress } from '../core/discovery.js'
import type { Endpoint } from '../core/settings/endpoint.js'
import type { AddressSource } from './address-source.js'
import { dnsSource } from './dns-source.js'
import { redisSource } from './redis-source.js'
import { srvSource } from './srv-source.js'

/** Makes the configured source. */
export function sourceOf(settings: DiscoverySettings, endpoint: Endpoint): AddressSource {
  const { source, scheme } = settings
  switch (source.type) {
    case 'static':
      return { find: async () => ownAddresses(endpoint) }
    case 'dns':
      return dnsSource(source.name, source.servers, { scheme, port: endpoint.port })
    case 'dns-srv':
      return srvSource(source.name, source.servers, { scheme })
    case 'redis':
      return redisSource(source.registry, scheme)
  }
}

/** Returns the addresses of the endpoint itself. */
export function ownAddresses({ addresses }: Endpoint): readonly FoundAddress[] {
  return addresses.map((address) => ({ address, priority: 0, weight: 1 }))
}
