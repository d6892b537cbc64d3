import type { ExhaustedDelivery, InboundDelivery } from '../../core/adapter/queue-facet.js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { AckError } from '../../core/errors/queue.js'
import { runScript } from './commands.js'
import type { ConnectionPool } from './connection-pool.js'
import type { Entry } from './entry.js'
import { EntryDelivery, type Settling } from './entry-delivery.js'
import type { QueueKeys } from './queue-keys.js'
import { GIVE_BACK, RENEW } from './queue-scripts.js'

/** Maximum number of entry ids in one script call. */
const MOST_IDS = 500

/** The entries of one queue that were delivered here and are not settled yet. */
export class EntriesInHand {
  readonly #pool: ConnectionPool
  readonly #queue: string
  readonly #keys: QueueKeys
  readonly #group: string
  readonly #consumer: string
  readonly #onSettled: (entry: Entry, acknowledged: boolean) => void
  /** The newest delivery of each entry. An entry that another consumer claimed can be delivered here a second time. */
  readonly #byId = new Map<string, EntryDelivery>()

  /** @param onSettled called after the server has answered a settlement, and after a settlement has failed */
  constructor(
    pool: ConnectionPool,
    queue: string,
    keys: QueueKeys,
    group: string,
    consumer: string,
    onSettled: (entry: Entry, acknowledged: boolean) => void,
  ) {
    this.#pool = pool
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

  /** Creates a delivery. The entry stays in hand until the server has answered its settlement. */
  add(entry: Entry, attempt: number, exhausted: ExhaustedDelivery | undefined): InboundDelivery {
    const delivery = new EntryDelivery(this.#queue, entry, attempt, this.#settle, exhausted)
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

  /** Resets the idle time of the entries at the server, so that no other consumer claims them. Never rejects. */
  async renew(): Promise<void> {
    const { ids } = this
    for (let i = 0; i < ids.length; i += MOST_IDS) {
      const args = [this.#group, this.#consumer, ...ids.slice(i, i + MOST_IDS)]
      // If this fails, another consumer may claim the entries: a second delivery, which at-least-once allows.
      await runScript(this.#pool, RENEW, [this.#keys.stream], args).catch(ignore)
    }
  }

  /** Gives back entries that were read but not delivered, uncounted. Never rejects. */
  async returnUndelivered(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#giveBack(ids, 0, false).catch(ignore)
  }

  /** Gives back all entries in hand, counting their deliveries. Never rejects. */
  async giveBackAll(): Promise<void> {
    const { ids } = this
    for (let i = 0; i < ids.length; i += MOST_IDS)
      await this.#giveBack(ids.slice(i, i + MOST_IDS), 0, true).catch(ignore)
  }

  #giveBack(ids: readonly string[], delayMs: number, counts: boolean): Promise<unknown> {
    const { stream, retry, wake } = this.#keys
    const args = [this.#group, this.#consumer, Math.ceil(delayMs), counts ? 0 : 1, ...ids]
    return runScript(this.#pool, GIVE_BACK, [stream, retry, wake], args)
  }

  #ack(id: string): Promise<unknown> {
    const { stream } = this.#keys
    return this.#pool.send(stream, 'xack', [stream, this.#group, id])
  }

  /** A settlement belongs to its connection: after a loss the server delivers the entry again. */
  #failure(error: unknown): IntegrationError {
    const failure = this.#pool.failure(error, (reason, context) => new AckError(this.#queue, reason, context))
    if (!(failure instanceof ConnectionError)) return failure
    return new AckError(this.#queue, failure.reason, { cause: failure, retryable: false })
  }
}

function ignore(): void {}
