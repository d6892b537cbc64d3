import type WebSocket from 'ws'
import { Deque } from '../../../core/deque.js'
import type { Value } from '../../../core/value.js'
import type { Call, Message } from './call.js'

/** What is to be sent: calls that travel in one message, a notification, or a message that is encoded already. */
export type Unit =
  | { readonly kind: 'calls'; readonly calls: readonly Call[] }
  | { readonly kind: 'notification'; readonly message: Message; readonly sent: Sent }
  | { readonly kind: 'frame'; readonly frame: Uint8Array; readonly sent: Sent }

/** Told when it was written, or why it was not. */
export type Sent = (error?: Error) => void

export interface OutgoingPorts {
  readonly socket: WebSocket
  /** Requests in one message at most. */
  readonly batchSize: number
  /** Calls without an answer at most. */
  readonly maxInFlight: number
  readonly inFlight: () => number
  /** The calls are sent with this message: they have their ids from now on. */
  number(calls: readonly Call[]): void
  /** @throws SerializeError */
  encode(what: string, message: Value): Uint8Array
}

/** So many bytes may wait in the socket before we wait for it. */
const HIGH_WATER = 1024 * 1024

/**
 * Writes requests in their order: what is asked for in one turn is written in one go, single calls and
 * notifications together where batches are wanted, and nothing while the other side does not read.
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

  /** There may be room. */
  flushSoon(): void {
    if (this.#isFlushDue || this.#units.size === 0) return
    this.#isFlushDue = true
    queueMicrotask(() => this.flush())
  }

  /** Whether something added now would be written at once. */
  get isClear(): boolean {
    return this.#units.size === 0 && this.#ports.socket.bufferedAmount < HIGH_WATER
  }

  /** Whether everything has been given to the socket. */
  get isEmpty(): boolean {
    return this.#units.size === 0
  }

  /** Writes what may be written. */
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

  /** Nothing is written any more. */
  fail(error: Error): void {
    for (let unit = this.#units.shift(); unit !== undefined; unit = this.#units.shift()) {
      if (unit.kind !== 'calls') unit.sent(error)
      else for (const call of unit.calls) call.fail(error)
    }
  }

  /** The next that somebody still wants. */
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

  /** In one message or, when they do not fit or one of them cannot be encoded, in several. */
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
      // One of each: they part ways.
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

  #send(frame: Uint8Array, told: readonly Sent[]): void {
    this.#ports.socket.send(frame, { binary: false }, (error) => {
      for (const sent of told) sent(error ?? undefined)
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
