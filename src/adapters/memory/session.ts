import type { MessagePort } from 'node:worker_threads'
import type { AdapterContext } from '../../core/adapter.js'
import { CancelledError, ConnectionError } from '../../core/errors.js'
import { Consumers } from './consumers.js'
import { Link } from './link.js'
import { Publisher } from './publisher.js'
import { Services } from './services.js'
import { Subscriber } from './subscriber.js'

type SessionContext = Pick<AdapterContext, 'clock' | 'budget' | 'settings'>

/** One connection to the memory broker: the link and what speaks over it. */
export class Session {
  readonly publisher: Publisher
  readonly subscriber: Subscriber
  readonly consumers: Consumers
  readonly services: Services
  readonly #link: Link

  /** @param lost is called once, unless `close` was called first. */
  constructor(port: MessagePort, context: SessionContext, lost: (error: ConnectionError) => void) {
    this.#link = new Link(port, {
      message: (entry, payload) => this.subscriber.deliver(entry, payload),
      delivery: (entry, payload) => this.consumers.deliver(entry, payload),
      request: (entry) => this.services.deliver(entry),
      lost: (error) => {
        this.#silence(error)
        lost(error)
      },
    })
    const { frame } = context.settings.limits
    this.publisher = new Publisher(this.#link, context.clock)
    this.subscriber = new Subscriber(this.#link, context.budget, frame)
    this.consumers = new Consumers(this.#link, frame)
    this.services = new Services(this.#link, context.budget, frame)
  }

  /**
   * A round trip to the broker.
   * @throws ConnectionError when the link closes, CancelledError when the signal aborts first.
   */
  async ping(signal: AbortSignal): Promise<void> {
    const refusal = (reason: string) => new ConnectionError(reason)
    const answer = this.#link.request<void>((id) => ({ op: 'ping', id }), undefined, 'ping', refusal)
    await unlessAborted(answer, signal)
  }

  /** Fails whatever waits; no callback is made afterwards. */
  close(): void {
    this.#link.close()
    this.#silence(this.#link.closed!)
  }

  #silence(error: ConnectionError): void {
    this.publisher.fail(error)
    this.subscriber.close()
    this.consumers.close()
    this.services.close()
  }
}

/** The outcome of `work`, or a rejection as soon as `signal` aborts. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stopListening = () => {}
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = () => reject(new CancelledError({ cause: signal.reason }))
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    stopListening = () => signal.removeEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    stopListening()
    work.catch(() => {})
  }
}
