import type { AddressSource } from './address-source.js'
import { addressText, query } from './lookup.js'

/** Makes a source of the hosts and ports of a service (RFC 2782): `_mqtt._tcp.example.com`. */
export function srvSource(
  name: string,
  servers: readonly string[],
  { scheme }: { readonly scheme: string | undefined },
): AddressSource {
  return {
    async find(signal) {
      const records = await query(name, servers, signal, (resolver) => resolver.resolveSrv(name))
      // A single "." means that the service is not available.
      const services = records.filter((record) => record.name !== '' && record.name !== '.')
      return services.map((record) => ({
        address: addressText(record.name, record.port, scheme),
        priority: record.priority,
        // A weight of 0 has a very small chance in RFC 2782.
        weight: Math.max(1, record.weight),
      }))
    },
  }
}
