import type { Caller as AccessCaller, AccessRefusal } from '../../../core/adapter/authentication.js'
import type { Clock, Timer } from '../../../core/clock.js'
import type { Value } from '../../../core/value.js'
import { isSameCaller } from '../../caller-key.js'
import { watchExpiry } from '../../token-expiry.js'
import { AccessRefused, type Caller } from './caller.js'
import type { Guard } from './guard.js'

/** How long a caller may take to present its token, in milliseconds, if nothing may be called without one. */
const LOGIN_MS = 10_000

const EXPIRED: AccessCaller = { kind: 'invalid', reason: 'the token has expired' }

/** What a login does with its WebSocket. */
export interface LoginPort {
  /** The caller has presented another token. */
  changed(who: AccessCaller): void
  /** Closes the WebSocket after the answers in flight. */
  end(reason: string): void
}

/** Who the caller of one WebSocket is: it may present a token in a message, and it is closed when the token expires. */
export class SocketLogin {
  readonly #caller: Caller
  readonly #guard: Guard
  readonly #clock: Clock
  readonly #stream: object
  readonly #port: LoginPort
  #timer: Timer | undefined
  #isOver = false

  constructor(caller: Caller, guard: Guard, clock: Clock, stream: object, port: LoginPort) {
    this.#caller = caller
    this.#guard = guard
    this.#clock = clock
    this.#stream = stream
    this.#port = port
    if (guard.takesTokens) caller.authenticate = (params) => this.#authenticate(params)
    this.#watch(caller.who)
    if (caller.who.kind === 'known' || !guard.refusesAnonymous) return
    this.#timer = clock.setTimer(LOGIN_MS, () => this.#refuse('no token was presented in time'), {
      background: true,
    })
  }

  /** Cancels the timer. Idempotent. */
  close(): void {
    this.#isOver = true
    this.#timer?.cancel()
  }

  async #authenticate(params: Value | undefined): Promise<Value> {
    const token = tokenIn(params)
    const who: AccessCaller =
      token === undefined
        ? { kind: 'invalid', reason: 'expected the parameter "token", a text' }
        : await this.#guard.identifyToken(token, this.#stream)
    const refusal = this.#refusalOf(who)
    if (refusal !== undefined) {
      if (refusal.kind !== 'unavailable') this.#refuse(refusal.reason)
      throw new AccessRefused(refusal)
    }
    this.#caller.who = who
    this.#port.changed(who)
    this.#watch(who)
    if (who.kind !== 'known') return null
    const { expiresAt, identity } = who
    const left = Math.max(0, Math.floor((expiresAt - this.#clock.now()) / 1_000))
    return { subject: identity.subject, ...(Number.isFinite(expiresAt) && { expires_in: left }) }
  }

  #refusalOf(who: AccessCaller): AccessRefusal | undefined {
    if (who.kind === 'invalid' || who.kind === 'anonymous')
      return { kind: 'unauthenticated', reason: who.kind === 'invalid' ? who.reason : 'there is no token' }
    if (who.kind === 'unavailable') return { kind: 'unavailable', reason: who.reason }
    const { who: before } = this.#caller
    return before.kind === 'known' && !isSameCaller(before.identity, who.identity)
      ? { kind: 'forbidden', reason: 'the connection belongs to another subject' }
      : undefined
  }

  /** Ends the connection when the token expires. */
  #watch(who: AccessCaller): void {
    this.#timer?.cancel()
    if (this.#isOver) return
    this.#timer = watchExpiry(who, this.#clock, () => {
      this.#caller.who = EXPIRED
      this.#refuse('the token has expired')
    })
  }

  #refuse(reason: string): void {
    if (this.#isOver) return
    this.#guard.refused({ reason }, this.#caller.address)
    this.#port.end(reason)
  }
}

function tokenIn(params: Value | undefined): string | undefined {
  if (typeof params !== 'object' || params === null || params instanceof Uint8Array) return undefined
  const token = Array.isArray(params)
    ? (params as readonly Value[])[0]
    : (params as { readonly [name: string]: Value }).token
  return typeof token === 'string' ? token : undefined
}
