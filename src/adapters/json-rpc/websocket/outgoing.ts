import type WebSocket from 'ws'
import { Deque } from '../../../core/deque.js'
import type { Value } from '../../../core/value.js'
import type { Call, Message } from './call.js'

/** What is to be written: calls that share a message, a notification, or an encoded message. */
export type Unit =
  | { readonly kind: 'calls'; readonly calls: readonly Call[] }
  | { readonly kind: 'notification'; readonly message: Message; readonly sent: Sent }
  | { readonly kind: 'frame'; readonly frame: Uint8Array; readonly sent: Sent }

/** Called when the message was written, or with the reason why not. */
export type Sent = (error?: Error) => void

export interface OutgoingPorts {
  readonly socket: WebSocket
  /** Maximum number of requests in one message. */
  readonly batchSize: number
  /** Maximum number of unanswered calls. */
  readonly maxInFlight: number
  readonly inFlight: () => number
  /** Assigns ids to the calls of the next message. */
  number(calls: readonly Call[]): void
  /**
   * Encodes a message.
   * @param what names the request in the error
   * @throws SerializeError if the message cannot be encoded or is too large
   */
  encode(what: string, message: Value): Uint8Array
}

/** Maximum bytes buffered in the socket before writing pauses. */
const HIGH_WATER = 1024 * 1024

/**
 * Writes requests in order: those of one turn together, single calls and notifications as batches if `batchSize`
 * allows, and nothing while the socket's buffer is full.
 */
export class Outgoing {
  readonly #ports: OutgoingPorts
  readonly #units = new Deque<Unit>()
  #isFlushDue = false

  constructor(ports: OutgoingPorts) {
    this.#ports = ports
  }

  add(unit: Unit): void {
    this.#units.push(unit)
    this.flushSoon()
  }

  /** Schedules a flush, because there may be room. */
  flushSoon(): void {
    if (this.#isFlushDue || this.#units.size === 0) return
    this.#isFlushDue = true
    queueMicrotask(() => this.flush())
  }

  /** Whether a message added now would be written at once. */
  get isClear(): boolean {
    return this.#units.size === 0 && this.#ports.socket.bufferedAmount < HIGH_WATER
  }

  /** Whether everything has been handed to the socket. */
  get isEmpty(): boolean {
    return this.#units.size === 0
  }

  /** Writes until the socket's buffer is full or `maxInFlight` calls are unanswered. */
  flush(): void {
    this.#isFlushDue = false
    const { socket, maxInFlight, inFlight } = this.#ports
    for (let unit = this.#next(); unit !== undefined; unit = this.#next()) {
      if (socket.bufferedAmount >= HIGH_WATER) return
      if (unit.kind === 'calls' && inFlight() >= maxInFlight) return
      this.#units.shift()
      this.#write(unit)
    }
  }

  /** Fails everything that has not been written. */
  fail(error: Error): void {
    for (let unit = this.#units.shift(); unit !== undefined; unit = this.#units.shift()) {
      if (unit.kind !== 'calls') unit.sent(error)
      else for (const call of unit.calls) call.fail(error)
    }
  }

  /** Returns the next item to write and skips calls that have settled, such as cancelled ones. */
  #next(): Unit | undefined {
    for (;;) {
      const unit = this.#units.peek()
      if (unit === undefined || unit.kind !== 'calls' || unit.calls.some((call) => !call.isSettled))
        return unit
      this.#units.shift()
    }
  }

  #write(first: Unit): void {
    if (first.kind === 'frame') return this.#send(first.frame, [first.sent])
    if (first.kind === 'calls' && first.calls.length > 1) return this.#writeBatch(wanted(first.calls), [])
    const units: Exclude<Unit, { kind: 'frame' }>[] = [first]
    const room = Math.min(
      this.#ports.batchSize,
      Math.max(1, this.#ports.maxInFlight - this.#ports.inFlight()),
    )
    while (units.length < room) {
      const unit = this.#next()
      if (unit === undefined || unit.kind === 'frame' || (unit.kind === 'calls' && unit.calls.length > 1))
        break
      units.push(unit)
      this.#units.shift()
    }
    this.#writeBatch(
      wanted(units.flatMap((unit) => (unit.kind === 'calls' ? unit.calls : []))),
      units.filter((unit) => unit.kind === 'notification'),
    )
  }

  /** Writes the requests in one message. If they are too large together or one cannot be encoded, splits them. */
  #writeBatch(
    calls: readonly Call[],
    notifications: readonly Extract<Unit, { kind: 'notification' }>[],
  ): void {
    const count = calls.length + notifications.length
    if (count === 0) return
    this.#ports.number(calls)
    const messages = [...calls, ...notifications].map(({ message }) => message)
    let frame: Uint8Array
    try {
      frame = this.#ports.encode(whatOf(messages[0]!), count === 1 ? messages[0]! : messages)
    } catch (error) {
      if (count === 1) {
        calls[0]?.fail(error)
        notifications[0]?.sent(error as Error)
        return
      }
      const [half, rest] = [calls.length >> 1, notifications.length >> 1]
      // One call and one notification are left: send them separately.
      if (half === 0 && rest === 0) {
        this.#writeBatch(calls, [])
        return this.#writeBatch([], notifications)
      }
      this.#writeBatch(calls.slice(0, half), notifications.slice(0, rest))
      return this.#writeBatch(calls.slice(half), notifications.slice(rest))
    }
    for (const call of calls) call.frameBytes = frame.byteLength
    this.#send(
      frame,
      notifications.map(({ sent }) => sent),
    )
  }

  #send(frame: Uint8Array, callbacks: readonly Sent[]): void {
    this.#ports.socket.send(frame, { binary: false }, (error) => {
      for (const sent of callbacks) sent(error ?? undefined)
      if (this.#units.size > 0) this.flush()
    })
  }
}

function wanted(calls: readonly Call[]): readonly Call[] {
  return calls.filter((call) => !call.isSettled)
}

function whatOf(message: Message): string {
  return `${message.id === undefined ? 'notify' : 'call'} ${String(message.method)}`
}
