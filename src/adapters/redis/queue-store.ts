import { runScript, type Script } from './commands.js'
import { type Entry, sizeOf, toEntry, toStreams } from './entry.js'
import { isReplyError } from './failures.js'
import type { Link } from './link.js'
import type { RedisConfig } from './manifest.js'
import type { QueueKeys } from './queue-keys.js'
import { FORGOTTEN_MS, RECOVER, SWEEP, TAKE, TRIM } from './queue-scripts.js'
import { ReadBudget } from './read-budget.js'
import type { Argument, Reply, Wire } from './wire.js'

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
  readonly #budget: ReadBudget
  #cursor = EVERYTHING
  #recovered = EVERYTHING

  constructor(link: Link, keys: QueueKeys, config: RedisConfig, consumer: string, frame: number) {
    this.#link = link
    this.#keys = keys
    this.#config = config
    this.#consumer = consumer
    this.#budget = new ReadBudget(frame)
  }

  /** Makes the group, and the stream if there is none. */
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
    await create(stream, start_from === 'oldest' ? '0' : '$')
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
    return this.#taken(items)
  }

  /** What is due, was given back or belongs to the dead: see `TAKE`. */
  async take(count: number, claim: boolean): Promise<Due> {
    const { stream, later, bodies, retry } = this.#keys
    const idle = claim ? this.#config.claim_after : -1
    const args = [this.#budget.entries(count), idle, this.#cursor]
    const reply = await this.#run(TAKE, [stream, later, bodies, retry], args)
    const [due, cursor, taken] = Array.isArray(reply) ? (reply as readonly Reply[]) : []
    if (Buffer.isBuffer(cursor)) this.#cursor = cursor.toString()
    return {
      inMs: typeof due === 'number' && due >= 0 ? due : undefined,
      taken: this.#taken(Array.isArray(taken) ? (taken as readonly (readonly Reply[])[]) : []),
    }
  }

  /**
   * Waits for new entries.
   * @returns them, and whether somebody says that something else is due
   */
  async read(wire: Wire, count: number, blockMs: number): Promise<{ entries: Entry[]; woken: boolean }> {
    const { stream, wake } = this.#keys
    const group = this.#config.consumer_group
    const limits = ['COUNT', this.#budget.entries(count), 'BLOCK', Math.max(1, Math.ceil(blockMs))]
    const reply = await wire.send('xreadgroup', [
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
    const entries: Entry[] = []
    let woken = false
    for (const { key, entries: raw } of toStreams(reply)) {
      if (key === wake) {
        woken = true
        this.#clearWake(raw)
      } else for (const item of raw) this.#push(entries, item)
    }
    this.#budget.saw(entries.map(sizeOf))
    return { entries, woken }
  }

  /** Removes what every group has acknowledged, as configured. Never rejects. */
  async trim(): Promise<void> {
    const { max_len } = this.#config
    if (max_len < 0) return
    await runScript(this.#link, TRIM, [this.#keys.stream], [max_len]).catch(ignore)
  }

  /** Takes consumers out of the group that ended long ago. Never rejects. */
  async sweep(): Promise<void> {
    const idle = Math.max(FORGOTTEN_MS, 2 * this.#config.claim_after)
    await this.#run(SWEEP, [this.#keys.stream], [idle]).catch(ignore)
  }

  /** Puts an entry among the dead letters, then acknowledges it: it may be there twice, but is not lost. */
  async bury({ id, payload, headers }: Entry, attempt: number): Promise<void> {
    const { stream } = this.#keys
    const { consumer_group, payload_field, dead_letter = `${stream}:dead` } = this.#config
    const fields: Argument[] = ['*', payload_field, payload]
    for (const name in headers) fields.push(name, headers[name]!)
    fields.push('nemo-dead-from', stream, 'nemo-dead-id', id, 'nemo-dead-deliveries', attempt - 1)
    await this.#link.send(dead_letter, 'xadd', [dead_letter, ...fields])
    await this.#link.send(stream, 'xack', [stream, consumer_group, id])
  }

  #run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<Reply> {
    return runScript(this.#link, script, keys, [this.#config.consumer_group, this.#consumer, ...args])
  }

  #taken(items: readonly (readonly Reply[])[]): Taken[] {
    const taken: Taken[] = []
    for (const [id, fields, deliveries] of items) {
      const entry = toEntry(id, fields, this.#config.payload_field)
      if (entry !== undefined) taken.push({ entry, attempt: Math.max(1, Number(deliveries) || 1) })
    }
    this.#budget.saw(taken.map(({ entry }) => sizeOf(entry)))
    return taken
  }

  #push(entries: Entry[], item: Reply): void {
    const [id, fields] = Array.isArray(item) ? (item as readonly Reply[]) : []
    const entry = toEntry(id, fields, this.#config.payload_field)
    if (entry !== undefined) entries.push(entry)
  }

  #clearWake(raw: readonly Reply[]): void {
    const { wake } = this.#keys
    const ids = raw.flatMap((item) => (Array.isArray(item) ? [String(item[0])] : []))
    this.#link.send(wake, 'xack', [wake, this.#config.consumer_group, ...ids]).catch(ignore)
    this.#link.send(wake, 'xdel', [wake, ...ids]).catch(ignore)
  }
}

function ignore(): void {}
