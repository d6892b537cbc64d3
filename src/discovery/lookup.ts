import { Resolver } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import { ConnectionError } from '../core/errors.js'

/** What a name server says when there are no such records, which is an answer and no fault. */
const NOTHING = new Set(['ENODATA', 'ENOTFOUND'])

/**
 * Asks DNS servers.
 * @param servers addresses, each maybe with a port; those of the system when there are none
 * @param ask makes the query
 * @returns what was answered; an empty list when there are no such records
 * @throws ConnectionError when no server answered, or the signal's reason
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
    return nothingOrFault(name, error)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** An empty list where an error only says that there is nothing. @throws ConnectionError otherwise */
export function nothingOrFault(name: string, error: unknown): readonly never[] {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  if (NOTHING.has(code)) return []
  throw new ConnectionError(`the DNS lookup of ${name} failed: ${code}`, { cause: error })
}

/** An address as an endpoint has it. */
export function addressText(host: string, port: number | undefined, scheme: string | undefined): string {
  const bare = isIPv6(host) ? `[${host}]` : host
  const withPort = port === undefined ? bare : `${bare}:${port}`
  return scheme === undefined ? withPort : `${scheme}://${withPort}`
}
