import { isIPv6 } from 'node:net'

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** The address of a caller as people write it: an IPv4 address that Node reports as IPv6 is IPv4. */
export function callerAddress(remote: string | undefined): string | undefined {
  return remote && (MAPPED.exec(remote)?.[1] ?? remote)
}

/**
 * The key by which the connections and requests of an address are counted. One host has a whole /64 of IPv6
 * addresses, so that these count together.
 */
export function addressGroup(remote: string | undefined): string {
  const address = callerAddress(remote) ?? ''
  if (!isIPv6(address)) return address
  const [bare = ''] = address.split('%')
  const [head = '', tail] = bare.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail ? tail.split(':') : []
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  const groups = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after]
  return `${groups.slice(0, 4).join(':')}::/64`
}
