import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '../core/clock.js'
import { Deque } from '../core/deque.js'
import type { ScriptFunction } from '../core/settings/script.js'
import type { Value } from '../core/value.js'
import { decodeError } from '../mailbox/error-codec.js'
import type { TransformCall, TransformCalls, TransformOutcomes } from '../mailbox/transform-calls.js'
import { sizeOf } from '../transform/size.js'

/** What may be with the host at a time. The rest waits here, where it counts in the memory of the actor. */
const MOST_CALLS = 256
const MOST_BYTES = 16 * 1024 * 1024

interface Waiting extends TransformCall {
  readonly bytes: number
  readonly resolve: (value: Value | undefined) => void
  readonly reject: (error: unknown) => void
}

/** Passes the calls of transforms to the scripts of the gateway, in batches. Opened with the first call. */
export class ScriptLink {
  readonly #clock: Clock
  readonly #open: () => MessagePort
  readonly #waiting = new Deque<Waiting>()
  readonly #sent = new Map<number, Waiting>()
  #port: MessagePort | undefined
  #isScheduled = false
  #bytes = 0
  #last = 0

  /** @param open opens a channel to the scripts of the gateway */
  constructor(clock: Clock, open: () => MessagePort) {
    this.#clock = clock
    this.#open = open
  }

  /** Calls a function. @throws what it throws, and IntegrationError */
  call(handler: ScriptFunction, value: Value): Promise<Value | undefined> {
    return new Promise((resolve, reject) => {
      const id = ++this.#last
      this.#waiting.push({ id, handler, value, bytes: sizeOf(value), resolve, reject })
      this.#schedule()
    })
  }

  /** Sends at the end of the turn, so that the other messages of the turn join the batch. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#clock.nextTurn(() => this.#send())
  }

  #send(): void {
    this.#isScheduled = false
    const calls: TransformCall[] = []
    for (let next = this.#waiting.peek(); next !== undefined && this.#hasRoom; next = this.#waiting.peek()) {
      this.#waiting.shift()
      this.#bytes += next.bytes
      this.#sent.set(next.id, next)
      const { id, handler, value } = next
      calls.push({ id, handler, value })
    }
    if (calls.length > 0) this.#connected().postMessage(calls satisfies TransformCalls)
  }

  get #hasRoom(): boolean {
    return this.#sent.size === 0 || (this.#sent.size < MOST_CALLS && this.#bytes < MOST_BYTES)
  }

  #connected(): MessagePort {
    if (this.#port === undefined) {
      this.#port = this.#open()
      this.#port.on('message', (outcomes: TransformOutcomes) => this.#settle(outcomes))
      this.#port.unref()
    }
    return this.#port
  }

  #settle(outcomes: TransformOutcomes): void {
    for (const { id, outcome } of outcomes) {
      const call = this.#sent.get(id)
      if (call === undefined) continue
      this.#sent.delete(id)
      this.#bytes -= call.bytes
      if (outcome.ok) call.resolve(outcome.value as Value | undefined)
      else call.reject(decodeError(outcome.error))
    }
    if (this.#waiting.size > 0) this.#schedule()
  }
}
