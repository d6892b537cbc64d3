import { type LookupAddress, type LookupOptions, lookup } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { emptyOrThrow } from './lookup.js'

const TIMEOUT_MS = 2_000
const TRIES = 2

/**
 * Makes the `lookup` of sockets that asks DNS servers for a host name. A name that they do not have is resolved by the
 * system; while they do not answer, their last answer applies.
 * @param servers IP addresses with optional ports
 */
export function targetLookup(servers: readonly string[]): LookupFunction {
  const known = new Map<string, readonly LookupAddress[]>()
  return (name, options, callback) => {
    const finish = (found: readonly LookupAddress[]) => {
      const wanted = found.filter(({ family }) => isWanted(family, options))
      if (wanted.length === 0) return lookup(name, options, callback)
      known.set(name, found)
      if (options.all === true) callback(null, [...wanted])
      else callback(null, wanted[0]!.address, wanted[0]!.family)
    }
    hostsOf(name, servers).then(finish, (error: Error) => {
      const last = known.get(name)
      if (last !== undefined) finish(last)
      else callback(error, '')
    })
  }
}

/**
 * Returns the A and AAAA records of a name; empty if there are none.
 * @throws ConnectionError if the servers gave neither kind
 */
async function hostsOf(name: string, servers: readonly string[]): Promise<readonly LookupAddress[]> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
  resolver.setServers(servers)
  const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  const [v4, v6] = found.map((each) => (each.status === 'fulfilled' ? each.value : []))
  if (v4!.length + v6!.length === 0)
    for (const each of found) if (each.status === 'rejected') emptyOrThrow(name, each.reason)
  return [
    ...v4!.map((address) => ({ address, family: 4 })),
    ...v6!.map((address) => ({ address, family: 6 })),
  ]
}

function isWanted(found: number, { family }: LookupOptions): boolean {
  if (family === undefined || family === 0) return true
  return found === (family === 'IPv4' || family === 4 ? 4 : 6)
}
