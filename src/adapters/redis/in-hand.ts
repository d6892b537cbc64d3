import type { InboundDelivery } from '../../core/adapter.js'
import { AckError } from '../../core/errors.js'
import { runScript } from './commands.js'
import type { Entry } from './entry.js'
import type { Link } from './link.js'
import type { QueueKeys } from './queue-keys.js'
import { GIVE_BACK, KEEP } from './queue-scripts.js'

/** So many ids go into one script. */
const MOST_IDS = 500

/** What became of an entry at the server. */
export type Settlement = 'acknowledged' | 'given-back'

/** The entries of one queue that were delivered here and have not been settled yet. */
export class EntriesInHand {
  readonly #link: Link
  readonly #queue: string
  readonly #keys: QueueKeys
  readonly #group: string
  readonly #consumer: string
  readonly #onSettled: (entry: Entry, how: Settlement) => void
  /** The newest delivery of each entry; an entry that another consumer claimed may have come back to us. */
  readonly #byId = new Map<string, InboundDelivery>()

  /** @param onSettled called when the server has answered to a settlement, and when that failed */
  constructor(
    link: Link,
    queue: string,
    keys: QueueKeys,
    group: string,
    consumer: string,
    onSettled: (entry: Entry, how: Settlement) => void,
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
    const { id, payload, headers, defect } = entry
    let settled = false
    const settle = async (how: Settlement, command: () => Promise<void>): Promise<void> => {
      if (settled) return
      settled = true
      try {
        await command()
      } finally {
        if (this.#byId.get(id) === delivery) this.#byId.delete(id)
        this.#onSettled(entry, how)
      }
    }
    const delivery: InboundDelivery = {
      topic: this.#queue,
      // The bytes of a small payload are a view of a large chunk of the socket, which would be kept as long.
      payload: payload.buffer.byteLength > 2 * payload.byteLength ? new Uint8Array(payload) : payload,
      id,
      attempt,
      redelivered: attempt > 1,
      ...(headers && { headers }),
      ...(defect && { defect }),
      ack: () => settle('acknowledged', () => this.#ack(id)),
      nack: (delayMs) => settle('given-back', () => this.giveBack([id], delayMs, 'counted')),
      undelivered: () => settle('given-back', () => this.giveBack([id], 0, 'undone')),
    }
    this.#byId.set(id, delivery)
    return delivery
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
  }

  async #ack(id: string): Promise<void> {
    const { stream } = this.#keys
    try {
      await this.#link.send(stream, 'xack', [stream, this.#group, id])
    } catch (error) {
      throw this.#failure(error)
    }
  }

  #failure(error: unknown) {
    return this.#link.failure(error, (reason, context) => new AckError(this.#queue, reason, context))
  }
}

function ignore(): void {}
