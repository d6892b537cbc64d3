import type { MessagePort } from 'node:worker_threads'
import type { CallSession, Calls } from './calls.js'
import { checkFrame } from './check.js'
import { eachEntry, type Frame } from './frame.js'
import type { ToBroker } from './line.js'
import { Outbox } from './outbox.js'
import { QueueSession } from './queue-session.js'
import type { Queues } from './queues.js'
import type { TopicSession, Topics } from './topics.js'

/** The parts that all clients share. */
export interface Shared {
  readonly topics: Topics
  readonly queues: Queues
  readonly calls: Calls
}

/**
 * The connection of one client: checks what it sends, and disconnects it if it violates the protocol. When the port
 * closes, everything that the client had not settled is given back.
 */
export class Session {
  readonly #port: MessagePort
  readonly #out: Outbox
  readonly #topics: TopicSession
  readonly #queues: QueueSession
  readonly #calls: CallSession
  readonly #onViolation: (reason: string) => void
  readonly #onEnd: (session: Session) => void
  #ended = false

  constructor(
    port: MessagePort,
    shared: Shared,
    onViolation: (reason: string) => void,
    onEnd: (session: Session) => void,
  ) {
    this.#port = port
    this.#onViolation = onViolation
    this.#onEnd = onEnd
    this.#out = new Outbox(port, (reason) => this.#violated(reason))
    this.#topics = shared.topics.join(this.#out)
    this.#queues = new QueueSession(shared.queues, this.#out)
    this.#calls = shared.calls.join(this.#out)
    port.on('message', (data: unknown) => this.#receive(data))
    port.on('messageerror', () => this.#violated('sent a message that cannot be deserialized'))
    port.on('close', () => this.end())
  }

  /** Counts of held messages and of waiting publishes of this client. */
  get holding(): { readonly held: number; readonly blocked: number } {
    return { held: this.#topics.held, blocked: this.#topics.blocked }
  }

  /** Closes the connection; idempotent. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#queues.close()
    this.#topics.close()
    this.#calls.close()
    this.#out.close()
    this.#port.close()
    this.#onEnd(this)
  }

  #receive(data: unknown): void {
    if (this.#ended) return
    const frame = checkFrame(data)
    if (typeof frame === 'string') this.#violated(frame)
    else this.#take(frame)
  }

  #take(frame: Frame<ToBroker>): void {
    eachEntry(frame, (entry, payload) => {
      if (this.#ended) return
      const fault = this.#handle(entry, payload)
      if (fault) this.#violated(fault)
    })
  }

  #violated(reason: string): void {
    if (this.#ended) return
    this.#onViolation(reason)
    this.end()
  }

  /** @returns the client's protocol violation, if any */
  #handle(entry: ToBroker, payload: Uint8Array): string | undefined {
    switch (entry.op) {
      case 'publish':
        this.#topics.publish(entry, payload)
        return undefined
      case 'subscribe':
        return this.#topics.subscribe(entry)
      case 'unsubscribe':
        this.#topics.unsubscribe(entry.subscription)
        return this.#grant(entry.id)
      case 'finish':
        this.#topics.finish(entry.subscription, () => this.#grant(entry.id))
        return undefined
      case 'credit':
        this.#topics.credit(entry)
        return undefined
      case 'enqueue':
        this.#queues.enqueue(entry, payload)
        return undefined
      case 'consume':
        return this.#queues.consume(entry.id, entry.consumer, entry.queue)
      case 'request':
        return this.#queues.request(entry.consumer, entry.count)
      case 'unconsume':
        this.#queues.unconsume(entry.consumer)
        return this.#grant(entry.id)
      case 'ack':
        this.#queues.ack(entry.id, entry.tag)
        return undefined
      case 'nack':
        this.#queues.nack(entry.id, entry.tag, entry.delayMs)
        return undefined
      case 'undelivered':
        this.#queues.undelivered(entry.id, entry.tag)
        return undefined
      case 'serve':
        return this.#calls.serve(entry.id, entry.service, entry.method)
      case 'unserve':
        this.#calls.unserve(entry.service)
        return this.#grant(entry.id)
      case 'call':
        return this.#calls.call(entry)
      case 'answer':
        this.#calls.answer(entry)
        return undefined
      case 'took':
        return this.#calls.took(entry.weight)
      case 'decline':
        this.#calls.decline(entry.request, entry.busy === true)
        return undefined
      case 'ping':
        return this.#grant(entry.id)
    }
  }

  #grant(id: number): undefined {
    this.#out.done(id)
  }
}
