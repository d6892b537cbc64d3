import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, sleep } from '../../../core/clock.js'
import { pathOf } from './access-rules.js'

const ALIVE = '/healthz'
const READY = '/readyz'
/** How long the host thread may take to say that it is ready, in milliseconds. */
const PATIENCE_MS = 1000

/** What is missing before the gateway is ready, in words; empty if it is ready. */
export type Missing = readonly string[]

/**
 * Answers the probes of an orchestrator: `/healthz` while the server runs, `/readyz` while the host thread says that
 * every required integration is connected. A host thread that is blocked is not ready.
 */
export class Probes {
  readonly #isEnabled: boolean
  readonly #missing: () => Promise<Missing>
  readonly #clock: Clock

  /** @param missing asks the host thread */
  constructor(isEnabled: boolean, missing: () => Promise<Missing>, clock: Clock) {
    this.#isEnabled = isEnabled
    this.#missing = missing
    this.#clock = clock
  }

  isProbe(request: IncomingMessage): boolean {
    if (!this.#isEnabled || (request.method !== 'GET' && request.method !== 'HEAD')) return false
    const path = pathOf(request)
    return path === ALIVE || path === READY
  }

  /** Answers a probe. Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const missing = pathOf(request) === ALIVE ? [] : await this.#readiness()
    const text = missing.length === 0 ? 'ok' : missing.join('\n')
    response
      .writeHead(missing.length === 0 ? 200 : 503, {
        'content-type': 'text/plain; charset=utf-8',
        'content-length': Buffer.byteLength(text),
        'cache-control': 'no-store',
      })
      .end(request.method === 'HEAD' ? undefined : text)
  }

  #readiness(): Promise<Missing> {
    const late = sleep(this.#clock, PATIENCE_MS).then(() => ['the application does not answer'])
    return Promise.race([this.#missing(), late])
  }
}
