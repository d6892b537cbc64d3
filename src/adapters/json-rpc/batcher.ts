import type { Attempt } from '../../core/adapter/attempt.js'
import type { RpcOutcome } from '../../core/adapter/rpc-facet.js'
import type { Clock, Timer } from '../../core/clock.js'
import type { Value } from '../../core/value.js'
import { type AnswerContext, readBatchAnswer, readCallAnswer, readNotificationAnswer } from './answers.js'
import { requestOf } from './codec.js'
import type { HttpAnswer } from './exchange.js'
import { type BatchedAttempt, SharedOperation } from './shared-operation.js'

export interface BatchSettings {
  /** Maximum number of requests in one batch. */
  readonly size: number
  /** How long an incomplete batch waits for more requests while other batches are in flight, in milliseconds. */
  readonly delayMs: number
  /** Maximum number of batches in flight. */
  readonly slots: number
}

/** Dependencies of the batcher. */
export interface BatchPorts {
  readonly clock: Clock
  readonly answers: AnswerContext
  /** Reserves `count` consecutive request ids and returns the first. */
  takeIds(count: number): number
  /**
   * Encodes one request or batch.
   * @param what names the request in the error
   * @throws SerializeError if the value cannot be encoded or is too large
   */
  encode(what: string, value: () => Value): Uint8Array
  /** Posts a body, and passes the answer to `read`. */
  post(body: Uint8Array, operation: Attempt, read: (answer: HttpAnswer) => void): Promise<void>
}

interface Item extends BatchedAttempt {
  readonly method: string
  readonly isCall: boolean
  /** When the request was queued, in monotonic milliseconds. */
  readonly since: number
  readonly request: { id?: Value; readonly [member: string]: Value }
  resolve(value: Value): void
}

/**
 * Combines single calls and notifications into batches (JSON-RPC 2.0, section 6). The first request leaves at once;
 * later ones leave when a batch is full, when a batch is answered or after `delayMs`, whichever comes first.
 */
export class Batcher {
  readonly #settings: BatchSettings
  readonly #ports: BatchPorts
  #waiting: Item[] = []
  #inFlight = 0
  #isPumpDue = false
  #timer: Timer | undefined

  constructor(settings: BatchSettings, ports: BatchPorts) {
    this.#settings = settings
    this.#ports = ports
  }

  /** Queues a call. @throws what sending its batch throws, or the error of its answer */
  call(method: string, params: Value | undefined, operation: Attempt): Promise<Value> {
    return this.#add(method, params, operation, true)
  }

  /** Queues a notification. @throws what sending its batch throws */
  async notify(method: string, params: Value | undefined, operation: Attempt): Promise<void> {
    await this.#add(method, params, operation, false)
  }

  /** Rejects requests that have not been sent; requests in flight fail or succeed with their connection. */
  failWaiting(error: Error): void {
    this.#timer?.cancel()
    this.#timer = undefined
    for (const item of this.#waiting.splice(0)) item.reject(error)
  }

  #add(method: string, params: Value | undefined, operation: Attempt, isCall: boolean): Promise<Value> {
    return new Promise((resolve, reject) => {
      const request = requestOf(method, params) as Item['request']
      const { deadline } = operation
      const since = this.#ports.clock.monotonic()
      this.#waiting.push({ method, isCall, since, request, operation, deadline, resolve, reject })
      if (this.#isPumpDue) return
      this.#isPumpDue = true
      // Runs after every request of the same mailbox message has been queued.
      queueMicrotask(() => {
        this.#isPumpDue = false
        this.#pump(false)
      })
    })
  }

  /** Sends full batches while slots are free. @param isDue whether to send an incomplete batch as well */
  #pump(isDue: boolean): void {
    const { size, slots, delayMs } = this.#settings
    while (this.#waiting.length >= size && this.#inFlight < slots) this.#send(this.#take())
    if (this.#waiting.length === 0 || this.#inFlight >= slots) return
    if (isDue || this.#inFlight === 0 || delayMs === 0) this.#send(this.#take())
    else
      this.#timer ??= this.#ports.clock.setTimer(delayMs, () => {
        this.#timer = undefined
        this.#pump(true)
      })
  }

  #take(): readonly Item[] {
    this.#timer?.cancel()
    this.#timer = undefined
    return this.#waiting.splice(0, this.#settings.size).filter((item) => !this.#isAborted(item))
  }

  #isAborted({ since, operation, reject }: Item): boolean {
    // Read the signal only after a long wait, because reading creates it.
    if (this.#ports.clock.monotonic() - since < LONG_WAIT_MS || !operation.signal.aborted) return false
    reject(operation.signal.reason)
    return true
  }

  /**
   * Sends the items in one request. If they are too large together or one cannot be encoded, splits them in halves.
   */
  #send(items: readonly Item[]): void {
    if (items.length === 0) return
    const calls = items.filter(({ isCall }) => isCall)
    const firstId = this.#ports.takeIds(calls.length)
    calls.forEach(({ request }, i) => {
      request.id = firstId + i
    })
    const [first] = items
    let body: Uint8Array
    try {
      const what = `${first!.isCall ? 'call' : 'notify'} ${first!.method}`
      body = this.#ports.encode(what, () =>
        items.length === 1 ? first!.request : items.map(({ request }) => request),
      )
    } catch (error) {
      if (items.length === 1) return first!.reject(error)
      const half = items.length >> 1
      this.#send(items.slice(0, half))
      return this.#send(items.slice(half))
    }
    this.#inFlight++
    const operation = items.length === 1 ? first!.operation : new SharedOperation(items)
    this.#ports
      .post(body, operation, (answer) => this.#answered(items, calls, firstId, answer))
      .catch((error: unknown) => {
        for (const item of items) item.reject(error)
      })
      .finally(() => {
        this.#inFlight--
        this.#pump(true)
      })
  }

  #answered(items: readonly Item[], calls: readonly Item[], firstId: number, answer: HttpAnswer): void {
    const { answers } = this.#ports
    if (calls.length === 0) readNotificationAnswer(answer, answers)
    else if (items.length === 1) return calls[0]!.resolve(readCallAnswer(answer, firstId, answers))
    else settle(calls, readBatchAnswer(answer, firstId, calls.length, answers))
    for (const item of items) if (!item.isCall) item.resolve(null)
  }
}

/** How long a request waits before the batcher checks whether it was cancelled, in milliseconds. */
const LONG_WAIT_MS = 10

function settle(calls: readonly Item[], outcomes: readonly RpcOutcome[]): void {
  calls.forEach(({ resolve, reject }, i) => {
    const outcome = outcomes[i]!
    if (outcome.ok) resolve(outcome.value)
    else reject(outcome.error)
  })
}
