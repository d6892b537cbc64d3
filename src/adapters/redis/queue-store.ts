import type { BlockingConnection } from './blocking-connection.js'
import { runScript, type Script } from './commands.js'
import { type Entry, type EntryShape, sizeOf, toEntry, toFields, toStreams } from './entry.js'
import { isReplyError } from './failures.js'
import type { Link } from './link.js'
import type { RedisConfig } from './manifest.js'
import type { QueueKeys } from './queue-keys.js'
import { FORGOTTEN_MS, LEAVE, RECOVER, SWEEP, TAKE } from './queue-scripts.js'
import { ReadBudget } from './read-budget.js'
import type { Argument, Reply } from './wire.js'

/** An entry, and which of its deliveries this is. */
export interface Taken {
  readonly entry: Entry
  readonly attempt: number
}

/** What `take` found. */
export interface Due {
  /** Milliseconds until something else is due; undefined: nothing is. */
  readonly inMs: number | undefined
  readonly taken: readonly Taken[]
}

const EVERYTHING = '0-0'

/** One queue at the server, as one consumer of a group sees it. Rejects with what ioredis rejects with. */
export class QueueStore {
  readonly #link: Link
  readonly #keys: QueueKeys
  readonly #config: RedisConfig
  readonly #consumer: string
  readonly #shape: EntryShape
  readonly #budget: ReadBudget
  #cursor = EVERYTHING
  #recovered = EVERYTHING
  #lastRead: string | undefined

  constructor(link: Link, keys: QueueKeys, config: RedisConfig, consumer: string, shape: EntryShape) {
    this.#link = link
    this.#keys = keys
    this.#config = config
    this.#consumer = consumer
    this.#shape = shape
    this.#budget = new ReadBudget(shape.maxFrame)
  }

  /**
   * Makes the group, and the stream if there is none. One that begins with the newest entries and was lost goes on
   * after what this consumer has read: the ids of a stream that was flushed go on too.
   */
  async createGroup(): Promise<void> {
    const { consumer_group: group, start_from } = this.#config
    const { stream, wake } = this.#keys
    const create = async (key: string, from: string) => {
      try {
        await this.#link.send(key, 'xgroup', ['CREATE', key, group, from, 'MKSTREAM'])
      } catch (error) {
        if (!isReplyError(error) || !error.message.startsWith('BUSYGROUP')) throw error
      }
    }
    await create(stream, start_from === 'oldest' ? '0' : (this.#lastRead ?? '$'))
    await create(wake, '$')
  }

  /** What an earlier life of this consumer had in hand, in order; undefined: that was all of it. */
  async recover(count: number): Promise<readonly Taken[] | undefined> {
    const args = [this.#budget.entries(count), this.#recovered]
    const reply = await this.#run(RECOVER, [this.#keys.stream], args)
    const items = Array.isArray(reply) ? (reply as readonly (readonly Reply[])[]) : []
    if (items.length === 0) return undefined
    const last = items.at(-1)?.[0]
    if (Buffer.isBuffer(last)) this.#recovered = last.toString()
    return await this.#taken(items)
  }

  /** What is due, was given back or belongs to the dead: see `TAKE`. */
  async take(count: number, claim: boolean): Promise<Due> {
    const { stream, later, bodies, retry, wake } = this.#keys
    const idle = claim ? this.#config.claim_after : -1
    const args = [this.#budget.entries(count), idle, this.#cursor]
    const reply = await this.#run(TAKE, [stream, later, bodies, retry, wake], args)
    const [due, cursor, taken] = Array.isArray(reply) ? (reply as readonly Reply[]) : []
    if (Buffer.isBuffer(cursor)) this.#cursor = cursor.toString()
    return {
      inMs: typeof due === 'number' && due >= 0 ? due : undefined,
      taken: await this.#taken(Array.isArray(taken) ? (taken as readonly (readonly Reply[])[]) : []),
    }
  }

  /**
   * Waits for new entries.
   * @returns them, and whether something else is due
   */
  async read(
    connection: BlockingConnection,
    count: number,
    blockMs: number,
  ): Promise<{ taken: Taken[]; woken: boolean }> {
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
    return { taken: await this.#taken(items), woken }
  }

  /** Ends this consumer at the server, which goes on having what is in hand: see `LEAVE`. Never rejects. */
  async leave(inHand: readonly string[]): Promise<void> {
    const { stream, retry, wake } = this.#keys
    await this.#run(LEAVE, [stream, retry, wake], inHand).catch(ignore)
    this.#recovered = EVERYTHING
  }

  /** Takes consumers out of the group that ended long ago. Never rejects. */
  async sweep(): Promise<void> {
    const idle = Math.max(FORGOTTEN_MS, 2 * this.#config.claim_after, 2 * this.#config.block)
    const { stream, wake } = this.#keys
    await this.#run(SWEEP, [stream, wake], [idle]).catch(ignore)
  }

  /** Puts an entry among the dead letters, then acknowledges it: it may be there twice, but is not lost. */
  async bury({ id, payload, headers }: Entry, attempt: number): Promise<void> {
    const { stream } = this.#keys
    const { consumer_group, payload_field, dead_letter = `${stream}:dead` } = this.#config
    const fields: Argument[] = ['*', ...toFields(payload_field, payload, headers)]
    fields.push('nemo-dead-from', stream, 'nemo-dead-id', id, 'nemo-dead-deliveries', attempt - 1)
    await this.#link.send(dead_letter, 'xadd', [dead_letter, ...fields])
    await this.#link.send(stream, 'xack', [stream, consumer_group, id])
  }

  #run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<Reply> {
    return runScript(this.#link, script, keys, [this.#config.consumer_group, this.#consumer, ...args])
  }

  async #taken(items: readonly (readonly Reply[])[]): Promise<Taken[]> {
    const taken: Taken[] = []
    for (const [id, fields, deliveries] of items) {
      const read = toEntry(id, fields, this.#shape)
      const entry = read?.incomplete ? await this.#readAlone(read) : read
      if (entry !== undefined) taken.push({ entry, attempt: Math.max(1, Number(deliveries) || 1) })
    }
    this.#budget.saw(taken.map(({ entry }) => sizeOf(entry)))
    return taken
  }

  async #readAlone(entry: Entry): Promise<Entry> {
    const { stream } = this.#keys
    const reply = await this.#link.send(stream, 'xrange', [stream, entry.id, entry.id])
    const [item] = Array.isArray(reply) ? (reply as readonly Reply[]) : []
    const [id, fields] = Array.isArray(item) ? (item as readonly Reply[]) : []
    return toEntry(id, fields, this.#shape) ?? entry
  }

  #clearWake(raw: readonly Reply[]): void {
    const { wake } = this.#keys
    const ids = raw.flatMap((item) => (Array.isArray(item) ? [String(item[0])] : []))
    this.#link.send(wake, 'xack', [wake, this.#config.consumer_group, ...ids]).catch(ignore)
    this.#link.send(wake, 'xdel', [wake, ...ids]).catch(ignore)
  }
}

function ignore(): void {}
