import { sharedController } from '../core/abort.js'
import type { Timer } from '../core/clock.js'
import { ConnectionError } from '../core/errors/connection.js'
import type { IntegrationError } from '../core/errors/integration-error.js'
import { TimeoutError } from '../core/errors/operation.js'
import { retryAfterOf } from '../core/errors/retry-after.js'
import type { FreshToken, TokenContext, TokenMaker, TokenSource } from './token.js'

type State =
  | { readonly name: 'none' }
  | { readonly name: 'good'; readonly token: string; readonly expiresAt: number; readonly renewAt: number }
  /** No token may be requested before `until`. */
  | { readonly name: 'put-off'; readonly error: IntegrationError; readonly until: number }

/** The token request in flight. */
interface PendingToken {
  readonly made: Promise<string>
  readonly abort: AbortController
}

/** A token is renewed this long before it expires, or after four fifths of its lifetime if that is later. */
const LONGEST_HEAD_START_MS = 60_000
/** Shortest pause between two attempts to renew a token that is still valid. */
const LEAST_PAUSE_MS = 1_000

/**
 * Shares one token among all callers and makes only one at a time. While a token is renewed the old one stays in
 * use, so that a failed renewal matters only once the old one has expired.
 */
export class TokenCache implements TokenSource {
  readonly #context: TokenContext
  readonly #maker: TokenMaker
  #state: State = { name: 'none' }
  #pending: PendingToken | undefined

  constructor(context: TokenContext, maker: TokenMaker) {
    this.#context = context
    this.#maker = maker
  }

  async token(signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted()
    const state = this.#state
    const now = this.#context.clock.monotonic()
    if (state.name === 'good' && now < state.expiresAt) {
      // No caller waits for the renewal, so its failure must not be unhandled.
      if (now >= state.renewAt) this.#make().catch(() => {})
      return state.token
    }
    if (state.name === 'put-off' && now < state.until) throw state.error
    return orAborted(this.#make(), signal)
  }

  rejected(token: string): void {
    if (this.#state.name === 'good' && this.#state.token === token) this.#state = { name: 'none' }
  }

  close(): void {
    this.#state = { name: 'none' }
    const { name } = this.#context.settings
    this.#pending?.abort.abort(new ConnectionError('the connection was closed by us', { integration: name }))
    this.#pending = undefined
  }

  #make(): Promise<string> {
    this.#pending ??= this.#begin()
    return this.#pending.made
  }

  #begin(): PendingToken {
    const abort = sharedController()
    const { clock, settings } = this.#context
    const context = { integration: settings.name, afterMs: settings.timeoutMs }
    const timer = clock.setTimer(settings.timeoutMs, () =>
      abort.abort(new TimeoutError(this.#maker.operation, context)),
    )
    const made = this.#finish(abort, timer)
    return { made, abort }
  }

  async #finish(abort: AbortController, timer: Timer): Promise<string> {
    try {
      const fresh = await orAborted(this.#maker.make(abort.signal), abort.signal)
      if (!abort.signal.aborted) this.#keep(fresh)
      return fresh.token
    } catch (error) {
      if (this.#isCurrent(abort)) this.#failed(error as IntegrationError)
      throw error
    } finally {
      timer.cancel()
      if (this.#isCurrent(abort)) this.#pending = undefined
    }
  }

  #isCurrent(abort: AbortController): boolean {
    return this.#pending?.abort === abort
  }

  #keep({ token, lifetimeMs }: FreshToken): void {
    const now = this.#context.clock.monotonic()
    const expiresAt = now + (lifetimeMs ?? Number.POSITIVE_INFINITY)
    const headStart = Math.min(LONGEST_HEAD_START_MS, (expiresAt - now) / 5)
    this.#state = { name: 'good', token, expiresAt, renewAt: expiresAt - headStart }
  }

  #failed(error: IntegrationError): void {
    const now = this.#context.clock.monotonic()
    const state = this.#state
    const wait = retryAfterOf(error)
    if (state.name === 'good' && now < state.expiresAt) {
      const pause = Math.max(LEAST_PAUSE_MS, wait ?? 0, (state.expiresAt - now) / 10)
      this.#state = { ...state, renewAt: now + pause }
      this.#context.log({ level: 'warn', message: 'a token could not be renewed', reason: error.message })
    } else this.#state = wait === undefined ? { name: 'none' } : { name: 'put-off', error, until: now + wait }
  }
}

/** Settles like the promise, or rejects with the signal's reason when it aborts. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    const done = () => signal.removeEventListener('abort', onAbort)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    promise.then(resolve, reject).finally(done)
  })
}
