import type { InboundDelivery } from '../../core/adapter.js'
import { AckError } from '../../core/errors.js'
import { runScript } from './commands.js'
import type { Entry } from './entry.js'
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
  readonly #onSettled: (how: 'acked' | 'given-back') => void
  /** The newest delivery of each entry; an entry that somebody claimed may have come back to us. */
  readonly #byId = new Map<string, InboundDelivery>()

  /** @param onSettled an entry has been settled at the server */
  constructor(
    link: Link,
    queue: string,
    keys: QueueKeys,
    group: string,
    consumer: string,
    onSettled: (how: 'acked' | 'given-back') => void,
  ) {
    this.#link = link
    this.#queue = queue
    this.#keys = keys
    this.#group = group
    this.#consumer = consumer
    this.#onSettled = onSettled
  }

  /** Makes a delivery of an entry, which is in hand until it is settled. */
  add({ id, payload, headers }: Entry, attempt: number): InboundDelivery {
    let settled = false
    const settle = (how: () => Promise<void>): Promise<void> => {
      if (settled) return Promise.resolve()
      settled = true
      if (this.#byId.get(id) === delivery) this.#byId.delete(id)
      return how()
    }
    const delivery: InboundDelivery = {
      topic: this.#queue,
      payload,
      id,
      attempt,
      redelivered: attempt > 1,
      ...(headers && { headers }),
      ack: () => settle(() => this.#ack(id)),
      nack: (delayMs) => settle(() => this.giveBack([id], delayMs, 'counted')),
    }
    this.#byId.set(id, delivery)
    return delivery
  }

  /** Shows that they are still worked on, so that nobody claims them. Never rejects. */
  async keep(): Promise<void> {
    const ids = [...this.#byId.keys()]
    for (let i = 0; i < ids.length; i += MOST_IDS) {
      const args = [this.#group, this.#consumer, ...ids.slice(i, i + MOST_IDS)]
      // If it cannot be done the entries are delivered twice, which is allowed.
      await runScript(this.#link, KEEP, [this.#keys.stream], args).catch(ignore)
    }
  }

  /**
   * Gives entries back.
   * @param delivery whether the delivery that they had counts as one
   * @throws AckError
   */
  async giveBack(ids: readonly string[], delayMs: number, delivery: 'counted' | 'undone'): Promise<void> {
    const { stream, retry, wake } = this.#keys
    const args = [this.#group, this.#consumer, Math.ceil(delayMs), delivery === 'undone' ? 1 : 0, ...ids]
    try {
      await runScript(this.#link, GIVE_BACK, [stream, retry, wake], args)
    } catch (error) {
      throw this.#failure(error)
    }
    this.#onSettled('given-back')
  }

  async #ack(id: string): Promise<void> {
    const { stream } = this.#keys
    try {
      await this.#link.send(stream, 'xack', [stream, this.#group, id])
    } catch (error) {
      throw this.#failure(error)
    }
    this.#onSettled('acked')
  }

  #failure(error: unknown) {
    return this.#link.failure(error, (reason, context) => new AckError(this.#queue, reason, context))
  }
}

function ignore(): void {}
