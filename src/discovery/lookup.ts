import { Resolver } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import { ConnectionError } from '../core/errors/connection.js'

/** Error codes for missing records, which are not a failure. */
const NO_RECORDS = new Set(['ENODATA', 'ENOTFOUND'])

/**
 * Queries DNS servers.
 * @param servers IP addresses with optional ports; empty for those of the system
 * @param ask makes the query
 * @returns the records; empty if there are none
 * @throws ConnectionError if no server answered; the signal's reason
 */
export async function query<T>(
  name: string,
  servers: readonly string[],
  signal: AbortSignal,
  ask: (resolver: Resolver) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  signal.throwIfAborted()
  const resolver = new Resolver()
  if (servers.length > 0) resolver.setServers(servers)
  const onAbort = () => resolver.cancel()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await ask(resolver)
  } catch (error) {
    signal.throwIfAborted()
    return emptyOrThrow(name, error)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Returns an empty list for an error that means "no records". @throws ConnectionError for any other error */
export function emptyOrThrow(name: string, error: unknown): readonly never[] {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  if (NO_RECORDS.has(code)) return []
  throw new ConnectionError(`the DNS lookup of ${name} failed: ${code}`, { cause: error })
}

/** Formats an address as in an endpoint. */
export function addressText(host: string, port: number | undefined, scheme: string | undefined): string {
  const bare = isIPv6(host) ? `[${host}]` : host
  const withPort = port === undefined ? bare : `${bare}:${port}`
  return scheme === undefined ? withPort : `${scheme}://${withPort}`
}
