import { PUBLISHER_WINDOW, type PublishEntry } from '../../brokers/memory/line.js'
import type { Attempt, PublishOptions } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import { CancelledError, type ConnectionError, IntegrationError, PublishError } from '../../core/errors.js'
import { areHeaders, period } from './fields.js'
import type { Link } from './link.js'

interface Job {
  readonly topic: string
  readonly payload: Uint8Array
  readonly options: PublishOptions
  /** Epoch milliseconds. */
  readonly expiresAt: number | undefined
  resolve(): void
  reject(error: Error): void
}

/**
 * Publishes within the window of the line: what goes beyond waits here, in order, until the broker has
 * acknowledged enough, or until its attempt is given up.
 */
export class Publisher {
  readonly #link: Link
  readonly #clock: Clock
  /** With what ends the wait for the signal of each. */
  readonly #waiting = new Map<Job, () => void>()
  #messages = 0
  #bytes = 0

  constructor(link: Link, clock: Clock) {
    this.#link = link
    this.#clock = clock
  }

  /** The payload must stay as it is until the promise settles. */
  publish(topic: string, payload: Uint8Array, options: PublishOptions, context: Attempt): Promise<void> {
    const { expiryMs, headers } = options
    if (!areHeaders(headers)) return Promise.reject(new PublishError(topic, 'expected headers of text'))
    const expiresAt = expiryMs === undefined ? undefined : this.#clock.now() + period(expiryMs)
    return new Promise((resolve, reject) => {
      const job = { topic, payload, options, expiresAt, resolve, reject }
      if (this.#waiting.size === 0 && this.#open) this.#send(job)
      else this.#wait(job, context.signal)
    })
  }

  /** The link is closed: what waits here fails as well. */
  fail(error: ConnectionError): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const [job, stopListening] of waiting) {
      stopListening()
      job.reject(error)
    }
  }

  get #open(): boolean {
    return this.#messages < PUBLISHER_WINDOW.messages && this.#bytes < PUBLISHER_WINDOW.bytes
  }

  #wait(job: Job, signal: AbortSignal): void {
    if (signal.aborted) {
      job.reject(givenUp(signal))
      return
    }
    const onAbort = () => {
      this.#waiting.delete(job)
      job.reject(givenUp(signal))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.#waiting.set(job, () => signal.removeEventListener('abort', onAbort))
  }

  #send(job: Job): void {
    const { topic, payload, options, expiresAt } = job
    const size = payload.byteLength
    this.#messages++
    this.#bytes += size
    const make = (id: number): PublishEntry => ({
      op: 'publish',
      id,
      topic,
      size,
      ...(options.retain && { retain: true }),
      ...(options.headers && { headers: options.headers }),
      ...(expiresAt !== undefined && { expiresAt }),
    })
    this.#link.ask(make, payload, {
      operation: 'publish',
      granted: () => {
        this.#settled(size)
        job.resolve()
      },
      failed: (error) => {
        this.#settled(size)
        job.reject(error)
      },
      refusal: (reason, retryable) => new PublishError(topic, reason, { retryable }),
    })
  }

  #settled(size: number): void {
    this.#messages--
    this.#bytes -= size
    for (const [job, stopListening] of this.#waiting) {
      if (!this.#open || this.#link.closed) return
      this.#waiting.delete(job)
      stopListening()
      this.#send(job)
    }
  }
}

const givenUp = (signal: AbortSignal): Error =>
  signal.reason instanceof IntegrationError ? signal.reason : new CancelledError({ cause: signal.reason })
