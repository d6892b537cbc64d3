import { PUBLISHER_WINDOW, type PublishEntry } from '../../brokers/memory/line.js'
import type { Attempt } from '../../core/adapter/attempt.js'
import type { PublishOptions } from '../../core/adapter/pubsub-facet.js'
import type { Clock } from '../../core/clock.js'
import type { ConnectionError } from '../../core/errors/connection.js'
import { IntegrationError } from '../../core/errors/integration-error.js'
import { CancelledError } from '../../core/errors/operation.js'
import { PublishError } from '../../core/errors/pubsub.js'
import type { Connection } from './connection.js'
import { fieldFault, LOCAL, period } from './fields.js'

interface Job {
  readonly topic: string
  readonly payload: Uint8Array
  readonly options: PublishOptions
  /** When the message expires, in `clock.monotonic()` milliseconds. */
  readonly expiresAt: number | undefined
  /** The queue in which the job waits, and a function that removes its abort listener. */
  waiting?: { readonly queue: Set<Job>; stopListening(): void }
  resolve(): void
  reject(error: Error): void
}

/** A topic whose publications the broker does not acknowledge yet; later ones wait here in order. */
interface Blocked {
  held: number
  readonly queue: Set<Job>
}

/**
 * Publishes within the window of the connection. Further messages wait in order until the broker has acknowledged
 * enough or their attempt is aborted; a topic with a subscriber without room waits on its own.
 */
export class Publisher {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #queue = new Set<Job>()
  readonly #blocked = new Map<string, Blocked>()
  #messages = 0
  #bytes = 0

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
  }

  /** Publishes a message. The payload must not change until the promise settles. */
  publish(topic: string, payload: Uint8Array, options: PublishOptions, context: Attempt): Promise<void> {
    const { expiryMs, headers } = options
    const fault = fieldFault(topic, headers, payload)
    if (fault !== undefined) return Promise.reject(new PublishError(String(topic), fault, LOCAL))
    const expiresAt = expiryMs === undefined ? undefined : this.#clock.monotonic() + period(expiryMs)
    return new Promise((resolve, reject) => {
      const job: Job = { topic, payload, options, expiresAt, resolve, reject }
      const blocked = this.#blocked.get(topic)
      if (blocked !== undefined) this.#wait(job, blocked.queue, context.signal)
      else if (this.#queue.size === 0 && this.#isOpen) this.#send(job)
      else this.#wait(job, this.#queue, context.signal)
    })
  }

  /** Rejects everything that waits, because the connection is closed. */
  fail(error: ConnectionError): void {
    const queues = [this.#queue, ...[...this.#blocked.values()].map(({ queue }) => queue)]
    this.#blocked.clear()
    for (const queue of queues)
      for (const job of [...queue]) {
        dequeue(job)
        job.reject(error)
      }
  }

  get #isOpen(): boolean {
    return this.#messages < PUBLISHER_WINDOW.messages && this.#bytes < PUBLISHER_WINDOW.bytes
  }

  #wait(job: Job, queue: Set<Job>, signal: AbortSignal): void {
    if (signal.aborted) {
      job.reject(abortError(signal))
      return
    }
    const onAbort = () => {
      dequeue(job)
      job.reject(abortError(signal))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    job.waiting = { queue, stopListening: () => signal.removeEventListener('abort', onAbort) }
    queue.add(job)
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
    let isHeld = false
    const settled = () => {
      if (isHeld) this.#unblock(topic)
      else this.#leaveWindow(size)
    }
    this.#connection.ask(make, payload, {
      operation: 'publish',
      held: () => {
        isHeld = true
        this.#block(topic)
        this.#leaveWindow(size)
      },
      succeeded: () => {
        settled()
        job.resolve()
      },
      failed: (error) => {
        settled()
        job.reject(error)
      },
      refusal: (reason, context) => new PublishError(topic, reason, context),
    })
  }

  /** Removes a publication from the window. */
  #leaveWindow(size: number): void {
    this.#messages--
    this.#bytes -= size
    this.#next()
  }

  #next(): void {
    for (const job of this.#queue) {
      if (!this.#isOpen || this.#connection.closed) return
      const blocked = this.#blocked.get(job.topic)
      if (blocked === undefined) {
        dequeue(job)
        this.#send(job)
      } else move(job, blocked.queue)
    }
  }

  #block(topic: string): void {
    const blocked = this.#blocked.get(topic)
    if (blocked === undefined) this.#blocked.set(topic, { held: 1, queue: new Set() })
    else blocked.held++
  }

  /** Puts the topic's messages before those that wait for the window, because they were published earlier. */
  #unblock(topic: string): void {
    const blocked = this.#blocked.get(topic)
    if (blocked === undefined || --blocked.held > 0) return
    this.#blocked.delete(topic)
    if (blocked.queue.size === 0) return
    const later = [...this.#queue]
    this.#queue.clear()
    for (const job of blocked.queue) move(job, this.#queue)
    for (const job of later) this.#queue.add(job)
    this.#next()
  }
}

function dequeue(job: Job): void {
  job.waiting?.queue.delete(job)
  job.waiting?.stopListening()
  delete job.waiting
}

function move(job: Job, queue: Set<Job>): void {
  const { waiting } = job
  if (waiting === undefined) return
  waiting.queue.delete(job)
  job.waiting = { queue, stopListening: waiting.stopListening }
  queue.add(job)
}

const abortError = (signal: AbortSignal): Error =>
  signal.reason instanceof IntegrationError
    ? signal.reason
    : new CancelledError({ cause: signal.reason, notExecuted: true })
