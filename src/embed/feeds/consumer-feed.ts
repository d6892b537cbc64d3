import type { QueueConsumer } from '../../client/queue-consumer.js'
import type { QueueMessage } from '../../client/queue-message.js'
import type { SessionPort } from '../session-port.js'
import { wireError } from '../wire-error.js'
import { untilReady } from './until-ready.js'

type Session = Pick<SessionPort, 'send' | 'ready' | 'hold'>

/** Sends the messages of a consumer to the client. A message counts as being handled until the client settles it. */
export class ConsumerFeed {
  readonly kind = 'consumer'
  readonly #id: number
  readonly #consumer: QueueConsumer
  readonly #session: Session
  #isClosed = false

  constructor(id: number, consumer: QueueConsumer, session: Session) {
    this.#id = id
    this.#consumer = consumer
    this.#session = session
  }

  /** Ends the feed. Resolves when the deliveries of the client are settled, or after the time-out of the integration. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.#consumer.close()
  }

  /** Tells the client that the consumer has ended. Does nothing if it was closed or has ended before. */
  end(error?: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const ended = { consumer: this.#id }
    this.#session.send('ended', error === undefined ? ended : { ...ended, error: wireError(error) })
  }

  /** Sends messages until the consumer ends. Never rejects. */
  async run(): Promise<void> {
    try {
      await this.#consumer.each((message) => this.#deliver(message))
      this.end()
    } catch (error) {
      this.end(error)
    }
  }

  async #deliver(message: QueueMessage): Promise<void> {
    await untilReady(this.#session)
    if (this.#isClosed) {
      await message.undelivered()
      return
    }
    await new Promise<void>((resolve) => {
      this.#session.send('delivery', { consumer: this.#id, ...this.#session.hold(message, resolve) })
    })
  }
}
