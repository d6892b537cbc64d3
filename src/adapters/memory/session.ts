import type { MessagePort } from 'node:worker_threads'
import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import { ConnectionError } from '../../core/errors/connection.js'
import { untilAborted } from '../abort.js'
import { Connection } from './connection.js'
import { Consumers } from './consumers.js'
import { Publisher } from './publisher.js'
import { Services } from './services.js'
import { Subscriber } from './subscriber.js'

type SessionContext = Pick<AdapterContext, 'answers' | 'clock' | 'budget' | 'settings'>

/** One connection to the memory broker, with its publisher, subscriber, consumers and services. */
export class Session {
  readonly publisher: Publisher
  readonly subscriber: Subscriber
  readonly consumers: Consumers
  readonly services: Services
  readonly #connection: Connection

  /** @param lost called once when the connection is lost; not called after `close` */
  constructor(port: MessagePort, context: SessionContext, lost: (error: ConnectionError) => void) {
    this.#connection = new Connection(port, {
      message: (entry, payload) => this.subscriber.deliver(entry, payload),
      delivery: (entry, payload) => this.consumers.deliver(entry, payload),
      request: (entry) => this.services.deliver(entry),
      result: (weight) => this.services.result(weight),
      lost: (error) => {
        this.#stopAll(error)
        lost(error)
      },
    })
    const { frame } = context.settings.limits
    this.publisher = new Publisher(this.#connection, context.clock)
    this.subscriber = new Subscriber(this.#connection, context.budget, frame)
    this.consumers = new Consumers(this.#connection, frame)
    this.services = new Services(this.#connection, context.budget, context.answers, frame)
  }

  /**
   * Makes a round trip to the broker.
   * @throws ConnectionError if the connection closes; the reason of the signal if it aborts first
   */
  async ping(signal: AbortSignal): Promise<void> {
    const refusal = (reason: string) => new ConnectionError(reason)
    const answer = this.#connection.request<void>((id) => ({ op: 'ping', id }), undefined, 'ping', refusal)
    await untilAborted(answer, signal, 'ping')
  }

  /** Closes the connection and rejects pending operations. No callback is called afterwards. */
  close(): void {
    this.#connection.close()
    this.#stopAll(this.#connection.closed!)
  }

  #stopAll(error: ConnectionError): void {
    this.publisher.fail(error)
    this.subscriber.close()
    this.consumers.close()
    this.services.close()
  }
}
