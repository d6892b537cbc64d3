import { lookup } from 'node:dns/promises'
import type { AddressSource } from './address-source.js'
import { addressText, emptyOrThrow, query } from './lookup.js'

/**
 * Makes a source of the hosts of a name: its A and AAAA records from `servers`, or the resolution of the system,
 * including its hosts file, if `servers` is empty.
 */
export function dnsSource(
  name: string,
  servers: readonly string[],
  parts: { readonly port: number | undefined; readonly scheme: string | undefined },
): AddressSource {
  return {
    async find(signal) {
      const hosts = servers.length === 0 ? await bySystem(name) : await byServers(name, servers, signal)
      signal.throwIfAborted()
      return [...new Set(hosts)]
        .sort()
        .map((host) => ({ address: addressText(host, parts.port, parts.scheme), priority: 0, weight: 1 }))
    },
  }
}

async function bySystem(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true }).catch((error: unknown) => emptyOrThrow(name, error))
  return found.map(({ address }) => address)
}

async function byServers(
  name: string,
  servers: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [v4, v6] = await Promise.all([
    query(name, servers, signal, (resolver) => resolver.resolve4(name)),
    query(name, servers, signal, (resolver) => resolver.resolve6(name)),
  ])
  return [...v4, ...v6]
}
