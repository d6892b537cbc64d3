import type { Headers } from '../../core/value.js'

/** The header that counts the routes through which a message has passed. */
const HOPS_HEADER = 'nemo-hops'

const FIRST_HOP: Headers = { [HOPS_HEADER]: '1' }

/** How many routes a message has passed through. */
export function hopsOf(headers: Headers | undefined): number {
  if (headers === undefined) return 0
  const hops = Number(headers[HOPS_HEADER] ?? 0)
  return Number.isSafeInteger(hops) && hops > 0 ? hops : 0
}

/** Adds a hop to the headers of a message. */
export function withHop(headers: Headers | undefined, hops: number): Headers {
  if (headers === undefined && hops === 0) return FIRST_HOP
  return { ...headers, [HOPS_HEADER]: String(hops + 1) }
}
