import type { DataPort, DataUpdate } from '../gateway-port.js'
import type { SessionPort } from '../session-port.js'
import { wireError } from '../wire-error.js'
import { Credit } from './credit.js'
import { untilReady } from './until-ready.js'

type Session = Pick<SessionPort, 'send' | 'ready'>

/** Sends the updates of a `data` block to the client, as far as its credit and its reading allow. */
export class DataFeed {
  /** `credit` and `unsubscribe` know it by the number of a subscription. */
  readonly kind = 'subscription'
  readonly #id: number
  readonly #updates: AsyncIterator<DataUpdate>
  readonly #session: Session
  readonly #credit: Credit
  #isClosed = false

  constructor(id: number, data: DataPort, session: Session, credit: number) {
    this.#id = id
    this.#updates = data[Symbol.asyncIterator]()
    this.#session = session
    this.#credit = new Credit(credit)
  }

  give(messages: number): void {
    this.#credit.give(messages)
  }

  /** Ends the feed: no update follows. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#credit.end()
    await this.#updates.return?.()
  }

  /** Tells the client that no update follows. Does nothing if it was closed or has ended before. */
  end(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#credit.end()
    this.#session.send('ended', { subscription: this.#id })
  }

  /** Sends updates until there are no more. Never rejects. */
  async run(): Promise<void> {
    while (await this.#next());
    this.end()
  }

  /** Sends the next update. @returns false at the end */
  async #next(): Promise<boolean> {
    await this.#credit.available(() => this.#isClosed)
    await untilReady(this.#session)
    if (this.#isClosed) return false
    const { value: update, done } = await this.#updates.next()
    if (done === true || this.#isClosed) return false
    this.#credit.spend()
    this.#session.send('update', { subscription: this.#id, ...updateFields(update) })
    return true
  }
}

/** An update as a client gets it. */
export function updateFields({ source, value, kind, timestamp, error }: DataUpdate) {
  return {
    data: source,
    ...(value !== undefined && { value }),
    kind,
    timestamp,
    ...(error !== undefined && { error: wireError(error) }),
  }
}
