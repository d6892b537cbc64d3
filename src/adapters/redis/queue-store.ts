import type { BlockingConnection } from './blocking-connection.js'
import { runScript, type Script } from './commands.js'
import type { Argument, Reply } from './connection.js'
import type { ConnectionPool } from './connection-pool.js'
import { createConsumerGroup } from './consumer-group.js'
import { type Entry, type EntryShape, sizeOf, toEntry, toStreams } from './entry.js'
import type { RedisConfig } from './manifest.js'
import type { QueueKeys } from './queue-keys.js'
import { CLAIM, FORGOTTEN_MS, LEAVE, RECOVER, SWEEP } from './queue-scripts.js'
import { ReadBudget } from './read-budget.js'

/** An entry, and the number of this delivery. */
export interface ReceivedEntry {
  readonly entry: Entry
  readonly attempt: number
}

/** The result of `claim`. */
export interface ClaimedEntries {
  /** Milliseconds until the next entry is due; undefined if none is scheduled. */
  readonly inMs: number | undefined
  readonly entries: readonly ReceivedEntry[]
}

const EVERYTHING = '0-0'

/** The server's side of one queue, as one consumer of a group. Methods reject with what ioredis rejects with. */
export class QueueStore {
  readonly #pool: ConnectionPool
  readonly #keys: QueueKeys
  readonly #config: RedisConfig
  readonly #consumer: string
  readonly #shape: EntryShape
  readonly #budget: ReadBudget
  #cursor = EVERYTHING
  #recovered = EVERYTHING
  #lastRead: string | undefined

  constructor(
    pool: ConnectionPool,
    keys: QueueKeys,
    config: RedisConfig,
    consumer: string,
    shape: EntryShape,
  ) {
    this.#pool = pool
    this.#keys = keys
    this.#config = config
    this.#consumer = consumer
    this.#shape = shape
    this.#budget = new ReadBudget(shape.maxFrame)
  }

  /**
   * Creates the group, and the stream if it does not exist. A lost group with `start_from = "newest"` resumes after the
   * last entry read here; the ids of a flushed stream keep increasing, so that position stays valid.
   */
  async createGroup(): Promise<void> {
    const { consumer_group: group, start_from } = this.#config
    const { stream, wake } = this.#keys
    const from = start_from === 'oldest' ? '0' : (this.#lastRead ?? '$')
    await createConsumerGroup(this.#pool, stream, group, from)
    await createConsumerGroup(this.#pool, wake, group, '$')
  }

  /**
   * Claims entries that an earlier life of this consumer had pending, in order. @returns undefined if there are no more
   */
  async recover(count: number): Promise<readonly ReceivedEntry[] | undefined> {
    const args = [this.#budget.entries(count), this.#recovered]
    const reply = await this.#run(RECOVER, [this.#keys.stream], args)
    const items = Array.isArray(reply) ? (reply as readonly (readonly Reply[])[]) : []
    if (items.length === 0) return undefined
    const last = items.at(-1)?.[0]
    if (Buffer.isBuffer(last)) this.#recovered = last.toString()
    return await this.#parse(items)
  }

  /** Claims entries that are due, were given back or belong to a dead consumer: see `CLAIM`. */
  async claim(count: number): Promise<ClaimedEntries> {
    const { stream, later, bodies, retry, wake } = this.#keys
    const args = [this.#budget.entries(count), this.#config.claim_after, this.#cursor]
    const reply = await this.#run(CLAIM, [stream, later, bodies, retry, wake], args)
    const [due, cursor, taken] = Array.isArray(reply) ? (reply as readonly Reply[]) : []
    if (Buffer.isBuffer(cursor)) this.#cursor = cursor.toString()
    return {
      inMs: typeof due === 'number' && due >= 0 ? due : undefined,
      entries: await this.#parse(Array.isArray(taken) ? (taken as readonly (readonly Reply[])[]) : []),
    }
  }

  /**
   * Waits for new entries.
   * @returns the entries, and whether a wake says that other entries are due
   */
  async read(
    connection: BlockingConnection,
    count: number,
    blockMs: number,
  ): Promise<{ entries: ReceivedEntry[]; woken: boolean }> {
    const { stream, wake } = this.#keys
    const group = this.#config.consumer_group
    const limits = ['COUNT', this.#budget.entries(count), 'BLOCK', Math.max(1, Math.ceil(blockMs))]
    const reply = await connection.read(stream, 'xreadgroup', [
      'GROUP',
      group,
      this.#consumer,
      ...limits,
      'STREAMS',
      stream,
      wake,
      '>',
      '>',
    ])
    const items: (readonly Reply[])[] = []
    let woken = false
    for (const { key, entries } of toStreams(reply)) {
      if (key === wake) {
        woken = true
        this.#clearWake(entries)
      } else {
        for (const item of entries) if (Array.isArray(item)) items.push([item[0], item[1], 1] as Reply[])
        const last = items.at(-1)?.[0]
        if (Buffer.isBuffer(last)) this.#lastRead = last.toString()
      }
    }
    return { entries: await this.#parse(items), woken }
  }

  /** Removes this consumer at the server unless it has entries in hand: see `LEAVE`. Never rejects. */
  async leave(inHand: readonly string[]): Promise<void> {
    const { stream, retry, wake } = this.#keys
    await this.#run(LEAVE, [stream, retry, wake], inHand).catch(ignore)
    this.#recovered = EVERYTHING
  }

  /** Removes consumers from the group that have been idle for long. Never rejects. */
  async sweep(): Promise<void> {
    const idle = Math.max(FORGOTTEN_MS, 2 * this.#config.claim_after, 2 * this.#config.block)
    const { stream, wake } = this.#keys
    await this.#run(SWEEP, [stream, wake], [idle]).catch(ignore)
  }

  #run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<Reply> {
    return runScript(this.#pool, script, keys, [this.#config.consumer_group, this.#consumer, ...args])
  }

  async #parse(items: readonly (readonly Reply[])[]): Promise<ReceivedEntry[]> {
    const received: ReceivedEntry[] = []
    for (const [id, fields, deliveries] of items) {
      const read = toEntry(id, fields, this.#shape)
      const entry = read?.incomplete ? await this.#readAlone(read) : read
      if (entry !== undefined) received.push({ entry, attempt: Math.max(1, Number(deliveries) || 1) })
    }
    this.#budget.saw(received.map(({ entry }) => sizeOf(entry)))
    return received
  }

  async #readAlone(entry: Entry): Promise<Entry> {
    const { stream } = this.#keys
    const reply = await this.#pool.send(stream, 'xrange', [stream, entry.id, entry.id])
    const [item] = Array.isArray(reply) ? (reply as readonly Reply[]) : []
    const [id, fields] = Array.isArray(item) ? (item as readonly Reply[]) : []
    return toEntry(id, fields, this.#shape) ?? entry
  }

  #clearWake(raw: readonly Reply[]): void {
    const { wake } = this.#keys
    const ids = raw.flatMap((item) => (Array.isArray(item) ? [String(item[0])] : []))
    this.#pool.send(wake, 'xack', [wake, this.#config.consumer_group, ...ids]).catch(ignore)
    this.#pool.send(wake, 'xdel', [wake, ...ids]).catch(ignore)
  }
}

function ignore(): void {}
