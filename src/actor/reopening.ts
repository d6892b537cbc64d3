import type { Clock, Timer } from '../core/clock.js'
import { retryAfterOf } from '../core/errors/retry-after.js'
import type { Random } from '../core/random.js'
import type { Logger } from '../core/telemetry.js'
import { backoffDelay } from '../resilience/backoff.js'
import { asIntegrationError } from '../resilience/classify.js'
import type { SourceVerb } from '../resilience/reopen.js'

const BACKOFF = { kind: 'exponential', initialMs: 100, factor: 2, maxMs: 5_000 } as const
const JITTER = 0.2
/** A source that stays open this long, and twice the delay before, resets its back-off. In milliseconds. */
const STABLE_MS = 1_000

const WORDS = {
  subscribe: { failed: 'cannot subscribe to', again: 'subscribed to', field: 'topic' },
  consume: { failed: 'cannot consume', again: 'consuming', field: 'queue' },
  serve: { failed: 'cannot serve', again: 'serving', field: 'method' },
  collect: { failed: 'cannot collect', again: 'collecting', field: 'data' },
} as const

/** The back-off of one source that ends or cannot be opened. Logs each new reason once. */
export class Reopening {
  readonly #verb: SourceVerb
  readonly #target: string
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Logger
  #failures = 0
  #lastDelayMs = 0
  #logged: string | undefined
  #stable: Timer | undefined

  constructor(verb: SourceVerb, target: string, clock: Clock, random: Random, log: Logger) {
    this.#verb = verb
    this.#target = target
    this.#clock = clock
    this.#random = random
    this.#log = log
  }

  /** Failures since the source was stable. */
  get failures(): number {
    return this.#failures
  }

  /** Counts a failure. @returns milliseconds to wait before the source is opened again */
  failed(error: unknown): number {
    this.stop()
    this.#report(error)
    const delayMs = backoffDelay(BACKOFF, JITTER, ++this.#failures, this.#random.number)
    const known = asIntegrationError(error)
    this.#lastDelayMs = Math.max(delayMs, (known && retryAfterOf(known)) || 0)
    return this.#lastDelayMs
  }

  /** Handles a successful attempt. @param failures those before the attempt; ignored if the source has failed since */
  opened(failures: number): void {
    if (failures === 0 || failures !== this.#failures) return
    this.stop()
    const stable = () => {
      this.#failures = 0
      if (this.#logged !== undefined) this.#write('info', WORDS[this.#verb].again, ' again')
      this.#logged = undefined
    }
    this.#stable = this.#clock.setTimer(Math.max(STABLE_MS, 2 * this.#lastDelayMs), stable, {
      background: true,
    })
  }

  /** Stops waiting for the source to be stable, because it is no longer open. Idempotent. */
  stop(): void {
    this.#stable?.cancel()
    this.#stable = undefined
  }

  #report(error: unknown): void {
    const known = asIntegrationError(error)
    // The loss of the connection of a subscription or consumer has events.
    if (known?.kind === 'connection' && this.#verb !== 'serve') return
    const reason = error instanceof Error ? error.message : String(error)
    if (reason === this.#logged) return
    this.#logged = reason
    const level = known?.retryable === false ? 'error' : 'warn'
    this.#write(level, WORDS[this.#verb].failed, '; trying again', { reason })
  }

  #write(level: 'info' | 'warn' | 'error', words: string, rest: string, fields = {}): void {
    const target = { [WORDS[this.#verb].field]: this.#target }
    this.#log({ level, message: `${words} ${this.#target}${rest}`, ...target, ...fields })
  }
}
