import type { AddressSource } from './address-source.js'
import { addressText, query } from './lookup.js'

/** The hosts and ports of a service (RFC 2782): `_mqtt._tcp.example.com`. */
export function srvSource(
  name: string,
  servers: readonly string[],
  { scheme }: { readonly scheme: string | undefined },
): AddressSource {
  return {
    async find(signal) {
      const records = await query(name, servers, signal, (resolver) => resolver.resolveSrv(name))
      // A single "." says that there is no such service here.
      const services = records.filter((record) => record.name !== '' && record.name !== '.')
      return services.map((record) => ({
        address: addressText(record.name, record.port, scheme),
        priority: record.priority,
        // The RFC gives a weight of 0 a very small chance.
        weight: Math.max(1, record.weight),
      }))
    },
  }
}
