import type { InboundDelivery, MessageSink } from '../../core/adapter.js'
import type { Clock, Timer } from '../../core/clock.js'
import { AckError } from '../../core/errors.js'
import type { Headers } from '../../core/value.js'
import type { Hold } from './client/ack-gate.js'
import type { PublishPacket } from './client/publish-decoder.js'

/** The user property that carries the id which `enqueue` gave the message. */
export const MESSAGE_ID = 'nemo-message-id'

/** Bytes that may wait for demand before the connection is not read any more. */
const WAITING_BYTES = 16 * 1_048_576

/** Stops and resumes the reading of the connection. */
export interface ReadingGate {
  hold(): void
  release(): void
}

interface Consumer {
  readonly sink: MessageSink<InboundDelivery>
  demand: number
}

interface Waiting {
  readonly packet: PublishPacket
  readonly hold: Hold | undefined
  readonly attempt: number
}

/** The consumers of one queue and the messages they have not asked for yet. */
interface Queue {
  readonly consumers: Set<Consumer>
  waiting: Waiting[]
}

/**
 * The receiving side of the queue connection. Messages wait here, unacknowledged, until a consumer asks for
 * one; so there are Receive Maximum of them at most. MQTT cannot give a message back: one that is refused
 * stays unacknowledged and is delivered again from here; meanwhile the acknowledgements of later ones wait
 * behind it (see `AckGate`), though they are recorded at once. If the connection is lost, the broker sends
 * all of them again.
 */
export class QueueInbox {
  readonly #clock: Clock
  readonly #reading: ReadingGate
  readonly #queues = new Map<string, Queue>()
  readonly #delays = new Set<Timer>()
  #waitingBytes = 0
  #holding = false
  #closed = false

  constructor(clock: Clock, reading: ReadingGate) {
    this.#clock = clock
    this.#reading = reading
  }

  onPublish(packet: PublishPacket, hold: Hold | undefined): void {
    this.#put(packet.topic, { packet, hold, attempt: packet.dup ? 2 : 1 }, false)
  }

  /** Adds a consumer; messages that wait for the queue are its. @returns it, to be asked and removed */
  add(name: string, sink: MessageSink<InboundDelivery>): { request(count: number): void; remove(): boolean } {
    const queue = this.#queue(name)
    const consumer: Consumer = { sink, demand: 0 }
    queue.consumers.add(consumer)
    return {
      request: (count) => {
        consumer.demand += count
        this.#serve(name, queue)
      },
      remove: () => {
        queue.consumers.delete(consumer)
        return queue.consumers.size === 0
      },
    }
  }

  /** The queues that have a consumer. */
  get consumed(): readonly string[] {
    return [...this.#queues.keys()].filter((name) => this.consumes(name))
  }

  /** Whether a queue has a consumer. */
  consumes(name: string): boolean {
    return (this.#queues.get(name)?.consumers.size ?? 0) > 0
  }

  close(): void {
    this.#closed = true
    for (const delay of this.#delays) delay.cancel()
    this.#delays.clear()
    this.#queues.clear()
  }

  #queue(name: string): Queue {
    let queue = this.#queues.get(name)
    if (queue === undefined) {
      queue = { consumers: new Set(), waiting: [] }
      this.#queues.set(name, queue)
    }
    return queue
  }

  #put(name: string, waiting: Waiting, first: boolean): void {
    const queue = this.#queue(name)
    if (first) queue.waiting.unshift(waiting)
    else queue.waiting.push(waiting)
    this.#count(waiting.packet.payload.length)
    this.#serve(name, queue)
  }

  #serve(name: string, queue: Queue): void {
    for (const consumer of queue.consumers) {
      while (consumer.demand > 0 && queue.waiting.length > 0) {
        const next = queue.waiting.shift()!
        consumer.demand--
        this.#count(-next.packet.payload.length)
        consumer.sink.deliver(this.#delivery(name, next))
      }
      if (queue.waiting.length === 0) return
    }
  }

  #count(bytes: number): void {
    this.#waitingBytes += bytes
    const full = this.#waitingBytes > WAITING_BYTES
    if (full === this.#holding) return
    this.#holding = full
    if (full) this.#reading.hold()
    else this.#reading.release()
  }

  #delivery(name: string, waiting: Waiting): InboundDelivery {
    const { packet, hold, attempt } = waiting
    let settled = false
    const settle = (how: () => unknown) => {
      if (settled) return Promise.resolve()
      settled = true
      return this.#closed || how() === false ? Promise.reject(connectionGone(name)) : Promise.resolve()
    }
    return {
      topic: packet.topic,
      payload: packet.payload,
      attempt,
      redelivered: attempt > 1,
      ...identify(packet.properties.headers),
      ack: () => settle(() => hold?.settle()),
      nack: (delayMs) =>
        settle(() =>
          this.#after(delayMs, () => this.#put(name, { packet, hold, attempt: attempt + 1 }, true)),
        ),
    }
  }

  #after(delayMs: number, task: () => void): void {
    const timer = this.#clock.setTimer(
      delayMs,
      () => {
        this.#delays.delete(timer)
        task()
      },
      { background: true },
    )
    this.#delays.add(timer)
  }
}

function connectionGone(queue: string): AckError {
  return new AckError(queue, 'the connection it came by has ended; the broker delivers the message again')
}

/** Separates our id from the headers of the sender. */
function identify(headers: Headers | undefined): { id?: string; headers?: Headers } {
  if (headers === undefined) return {}
  const { [MESSAGE_ID]: id, ...rest } = headers
  return { ...(id !== undefined && { id }), ...(Object.keys(rest).length > 0 && { headers: rest }) }
}
