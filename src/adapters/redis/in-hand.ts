import type { InboundDelivery } from '../../core/adapter.js'
import { AckError } from '../../core/errors.js'
import { runScript } from './commands.js'
import type { Entry } from './entry.js'
import { EntryDelivery, type Settling } from './entry-delivery.js'
import type { Link } from './link.js'
import type { QueueKeys } from './queue-keys.js'
import { GIVE_BACK, KEEP } from './queue-scripts.js'

/** So many ids go into one script. */
const MOST_IDS = 500

/** The entries of one queue that were delivered here and have not been settled yet. */
export class EntriesInHand {
  readonly #link: Link
  readonly #queue: string
  readonly #keys: QueueKeys
  readonly #group: string
  readonly #consumer: string
  readonly #onSettled: (entry: Entry, acknowledged: boolean) => void
  /** The newest delivery of each entry; an entry that another consumer claimed may have come back to us. */
  readonly #byId = new Map<string, EntryDelivery>()

  /** @param onSettled called when the server has answered to a settlement, and when that failed */
  constructor(
    link: Link,
    queue: string,
    keys: QueueKeys,
    group: string,
    consumer: string,
    onSettled: (entry: Entry, acknowledged: boolean) => void,
  ) {
    this.#link = link
    this.#queue = queue
    this.#keys = keys
    this.#group = group
    this.#consumer = consumer
    this.#onSettled = onSettled
  }

  get size(): number {
    return this.#byId.size
  }

  get ids(): string[] {
    return [...this.#byId.keys()]
  }

  /** Makes a delivery of an entry, which is in hand until the server has answered to its settlement. */
  add(entry: Entry, attempt: number): InboundDelivery {
    const delivery = new EntryDelivery(this.#queue, entry, attempt, this.#settle)
    this.#byId.set(entry.id, delivery)
    return delivery
  }

  readonly #settle = (delivery: EntryDelivery, how: Settling, delayMs: number): Promise<void> => {
    const { id } = delivery
    return (how === 'ack' ? this.#ack(id) : this.#giveBack([id], delayMs, how === 'nack')).then(
      () => this.#settled(delivery, how === 'ack'),
      (error: unknown) => {
        this.#settled(delivery, false)
        throw this.#failure(error)
      },
    )
  }

  #settled(delivery: EntryDelivery, acknowledged: boolean): void {
    if (this.#byId.get(delivery.id) === delivery) this.#byId.delete(delivery.id)
    this.#onSettled(delivery.entry, acknowledged)
  }

  /** Shows that they are still worked on, so that nobody claims them. Never rejects. */
  async keep(): Promise<void> {
    const { ids } = this
    for (let i = 0; i < ids.length; i += MOST_IDS) {
      const args = [this.#group, this.#consumer, ...ids.slice(i, i + MOST_IDS)]
      // If it cannot be done the entries are delivered twice, which is allowed.
      await runScript(this.#link, KEEP, [this.#keys.stream], args).catch(ignore)
    }
  }

  /** Gives back what was read and not delivered. Never rejects. */
  async undo(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#giveBack(ids, 0, false).catch(ignore)
  }

  /** Gives back all that is in hand: the deliveries count. Never rejects. */
  async abandon(): Promise<void> {
    const { ids } = this
    for (let i = 0; i < ids.length; i += MOST_IDS)
      await this.#giveBack(ids.slice(i, i + MOST_IDS), 0, true).catch(ignore)
  }

  #giveBack(ids: readonly string[], delayMs: number, counts: boolean): Promise<unknown> {
    const { stream, retry, wake } = this.#keys
    const args = [this.#group, this.#consumer, Math.ceil(delayMs), counts ? 0 : 1, ...ids]
    return runScript(this.#link, GIVE_BACK, [stream, retry, wake], args)
  }

  #ack(id: string): Promise<unknown> {
    const { stream } = this.#keys
    return this.#link.send(stream, 'xack', [stream, this.#group, id])
  }

  #failure(error: unknown) {
    return this.#link.failure(error, (reason, context) => new AckError(this.#queue, reason, context))
  }
}

function ignore(): void {}
