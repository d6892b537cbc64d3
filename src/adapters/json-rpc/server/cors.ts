import type { IncomingMessage, ServerResponse } from 'node:http'

/** How long a browser may remember the answer to a preflight, in seconds. */
const MAX_AGE_SECONDS = 600
/** Answer headers that pages may read. */
const EXPOSED = 'ratelimit, ratelimit-policy, retry-after, www-authenticate'

/** The answers to web pages of other origins (CORS, Fetch standard). Without configured origins there are none. */
export class Cors {
  readonly #origins: readonly string[]
  readonly #headers: string

  /** @param forwarded request headers that handlers read and pages may therefore send */
  constructor(origins: readonly string[], forwarded: readonly string[]) {
    this.#origins = origins
    this.#headers = [...new Set(['content-type', 'authorization', ...forwarded])].join(', ')
  }

  /** Lets the page that sent the request read the answer, if its origin is configured. */
  allow(request: IncomingMessage, response: ServerResponse): void {
    if (this.#origins.length === 0) return
    response.setHeader('vary', 'Origin')
    const { origin } = request.headers
    if (origin === undefined || !this.#allows(origin)) return
    response.setHeader('access-control-allow-origin', this.#origins.includes('*') ? '*' : origin)
    response.setHeader('access-control-expose-headers', EXPOSED)
  }

  /** Answers a preflight. @returns false if the request is not a preflight of an allowed page */
  preflight({ method, headers }: IncomingMessage, response: ServerResponse): boolean {
    const { origin, 'access-control-request-method': wanted } = headers
    if (method !== 'OPTIONS' || origin === undefined || wanted === undefined || !this.#allows(origin))
      return false
    response.writeHead(204, {
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': this.#headers,
      'access-control-max-age': String(MAX_AGE_SECONDS),
    })
    response.end()
    return true
  }

  #allows(origin: string): boolean {
    return this.#origins.includes('*') || this.#origins.includes(origin)
  }
}
