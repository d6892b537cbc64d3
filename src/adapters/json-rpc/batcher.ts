import type { Attempt, RpcOutcome } from '../../core/adapter.js'
import type { Clock, Timer } from '../../core/clock.js'
import type { Value } from '../../core/value.js'
import { type AnswerContext, readBatchAnswer, readCallAnswer, readNotificationAnswer } from './answers.js'
import { requestOf } from './codec.js'
import type { HttpAnswer } from './exchange.js'
import { type Passenger, SharedOperation } from './shared-operation.js'

export interface BatchSettings {
  /** Requests in one batch at most. */
  readonly size: number
  /** How long a batch that is not full waits for more while others are under way, in milliseconds. */
  readonly delayMs: number
  /** Batches under way at most. */
  readonly slots: number
}

/** What the batches of a connection are sent with. */
export interface BatchPorts {
  readonly clock: Clock
  readonly answers: AnswerContext
  /** A number that no request of ours has had; so many after it belong to the batch as well. */
  takeIds(count: number): number
  /** @throws SerializeError for what does not fit into one request. @param what named in the error */
  encode(what: string, value: () => Value): Uint8Array
  post(body: Uint8Array, operation: Attempt): Promise<HttpAnswer>
}

interface Item extends Passenger {
  readonly method: string
  readonly isCall: boolean
  /** Monotonic milliseconds. */
  readonly since: number
  readonly request: { id?: Value; readonly [member: string]: Value }
  resolve(value: Value): void
}

/**
 * Gathers single calls and notifications into batches (JSON-RPC 2.0, section 6). The first leaves at once; what
 * comes while batches are under way goes with the next that is full, when one of those is answered, or after the
 * delay, whichever is first. All answers of a batch are given in one turn.
 */
export class Batcher {
  readonly #settings: BatchSettings
  readonly #ports: BatchPorts
  #waiting: Item[] = []
  #underWay = 0
  #isPumpDue = false
  #timer: Timer | undefined

  constructor(settings: BatchSettings, ports: BatchPorts) {
    this.#settings = settings
    this.#ports = ports
  }

  /** @throws as the request that carries it, or as the answer to it says */
  call(method: string, params: Value | undefined, operation: Attempt): Promise<Value> {
    return this.#add(method, params, operation, true)
  }

  /** @throws as the request that carries it */
  async notify(method: string, params: Value | undefined, operation: Attempt): Promise<void> {
    await this.#add(method, params, operation, false)
  }

  /** Fails what has not been sent; what has is the connection's matter. */
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
      // What the host asked for in one message is all here when this runs.
      queueMicrotask(() => {
        this.#isPumpDue = false
        this.#pump(false)
      })
    })
  }

  /** @param isDue sends also a batch that is not full. */
  #pump(isDue: boolean): void {
    const { size, slots, delayMs } = this.#settings
    while (this.#waiting.length >= size && this.#underWay < slots) this.#send(this.#take())
    if (this.#waiting.length === 0 || this.#underWay >= slots) return
    if (isDue || this.#underWay === 0 || delayMs === 0) this.#send(this.#take())
    else
      this.#timer ??= this.#ports.clock.setTimer(delayMs, () => {
        this.#timer = undefined
        this.#pump(true)
      })
  }

  #take(): readonly Item[] {
    this.#timer?.cancel()
    this.#timer = undefined
    return this.#waiting.splice(0, this.#settings.size).filter((item) => !this.#isGivenUp(item))
  }

  #isGivenUp({ since, operation, reject }: Item): boolean {
    // Its signal is asked for only where it may have fired: asking makes it.
    if (this.#ports.clock.monotonic() - since < LONG_WAIT_MS || !operation.signal.aborted) return false
    reject(operation.signal.reason)
    return true
  }

  /** Sends the items in one request or, when they do not fit or one of them cannot be encoded, in several. */
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
    this.#underWay++
    const operation = items.length === 1 ? first!.operation : new SharedOperation(items)
    this.#ports
      .post(body, operation)
      .then((answer) => this.#answered(items, calls, firstId, answer))
      .catch((error: unknown) => {
        for (const item of items) item.reject(error)
      })
      .finally(() => {
        this.#underWay--
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

/** After so many milliseconds in the queue it is looked at whether somebody still wants it. */
const LONG_WAIT_MS = 10

function settle(calls: readonly Item[], outcomes: readonly RpcOutcome[]): void {
  calls.forEach(({ resolve, reject }, i) => {
    const outcome = outcomes[i]!
    if (outcome.ok) resolve(outcome.value)
    else reject(outcome.error)
  })
}
