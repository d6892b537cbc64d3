import { type Clock, every, type Timer } from '../../core/clock.js'
import type { IntegrationError } from '../../core/errors.js'
import { runScript } from './commands.js'
import { toStreams } from './entry.js'
import { isReplyError } from './failures.js'
import type { Link } from './link.js'
import type { RedisConfig } from './manifest.js'
import { requestStream, serversKey } from './rpc-keys.js'
import { LEASE } from './rpc-scripts.js'
import type { Reply, Wire } from './wire.js'

/** A method that is served. */
export interface Served {
  readonly method: string
  /** Takes a request. @returns false when no more should come for now */
  accept(item: Reply): boolean
  /** It cannot be served any more. */
  end(error: unknown): void
  held: boolean
}

const MOST_REQUESTS = 64

/**
 * Reads the requests to all methods that are served, over one connection that blocks while there are none. Requests
 * are taken out of their stream as they are read: each is served once at most, and one that comes while its servers
 * are away waits for as long as it is worth an answer. In a cluster one read has the streams of one slot alone: there
 * each method has a reader.
 */
export class RequestReader {
  readonly #link: Link
  readonly #config: RedisConfig
  readonly #clock: Clock
  readonly #name: string
  readonly #served = new Map<string, Served>()
  readonly #leasing: Timer
  #wire: Wire | undefined
  #clientId: number | undefined
  #reading = false
  #running = false
  #offsetMs = 0
  #kick: () => void = ignore

  /** @param name that nobody else has */
  constructor(link: Link, config: RedisConfig, name: string, clock: Clock) {
    this.#link = link
    this.#config = config
    this.#name = name
    this.#clock = clock
    this.#leasing = every(clock, config.rpc.lease / 3, () => this.#renew(), { background: true })
    link.whenEnded(() => {
      this.#leasing.cancel()
      this.#served.clear()
      this.#kick()
    })
  }

  /** The present time by the clock of Redis, in epoch milliseconds. */
  serverNow(): number {
    return this.#clock.now() + this.#offsetMs
  }

  /** Serves one more method. Rejects with what ioredis rejects with. */
  async add(served: Served): Promise<void> {
    const stream = requestStream(this.#config.rpc.prefix, served.method)
    await this.#createGroup(stream)
    await this.#lease(served.method)
    this.#served.set(stream, served)
    this.#changed()
  }

  /** Serves it no more. Never rejects. */
  async remove(served: Served): Promise<void> {
    const { prefix } = this.#config.rpc
    const stream = requestStream(prefix, served.method)
    if (this.#served.get(stream) !== served) return
    this.#served.delete(stream)
    const servers = serversKey(prefix, served.method)
    await this.#link.send(servers, 'zrem', [servers, this.#name]).catch(ignore)
    this.#changed()
  }

  /** More requests may come for a method that was held. */
  release(served: Served): void {
    if (!served.held) return
    served.held = false
    this.#changed()
  }

  async #createGroup(stream: string): Promise<void> {
    try {
      await this.#link.send(stream, 'xgroup', ['CREATE', stream, this.#config.rpc.group, '0', 'MKSTREAM'])
    } catch (error) {
      if (!isReplyError(error) || !error.message.startsWith('BUSYGROUP')) throw error
    }
  }

  async #lease(method: string): Promise<void> {
    const { prefix, lease } = this.#config.rpc
    const time = await runScript(this.#link, LEASE, [serversKey(prefix, method)], [this.#name, lease])
    this.#offsetMs = Number(time) - this.#clock.now()
  }

  #renew(): void {
    for (const { method } of this.#served.values()) this.#lease(method).catch(ignore)
  }

  /** What is to be read has changed: a read that waits must begin anew. */
  #changed(): void {
    this.#kick()
    if (this.#reading && this.#clientId !== undefined)
      this.#link.send(this.#anyStream(), 'client', ['UNBLOCK', this.#clientId]).catch(ignore)
    if (this.#running || this.#served.size === 0) return
    this.#running = true
    this.#run()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#running = false
        if (this.#wire !== undefined) this.#link.discard(this.#wire)
        this.#wire = undefined
        this.#clientId = undefined
        if (this.#served.size > 0) this.#changed()
      })
  }

  async #run(): Promise<void> {
    while (this.#served.size > 0 && this.#link.ended === undefined) {
      try {
        this.#wire ??= await this.#link.dedicated('server', this.#anyStream())
        this.#clientId ??= await this.#askId(this.#wire)
        const streams = [...this.#served].filter(([, { held }]) => !held).map(([stream]) => stream)
        if (streams.length > 0) await this.#read(this.#wire, streams)
        else
          await new Promise<void>((resolve) => {
            this.#kick = resolve
          })
      } catch (error) {
        await this.#mend(error)
      }
    }
  }

  #anyStream(): string | undefined {
    return this.#served.keys().next().value
  }

  /** Without the right to ask, a change takes effect when the read that waits has ended by itself. */
  #askId(wire: Wire): Promise<number | undefined> {
    return wire.send('client', ['ID']).then(Number, () => undefined)
  }

  /** Goes on where the server says how; @throws the error where it does not. */
  async #mend(error: unknown): Promise<void> {
    const stream = this.#anyStream()
    if (this.#link.ended !== undefined || stream === undefined) return
    const address = this.#link.redirected(stream, error)
    if (address !== undefined) {
      if (this.#wire !== undefined) this.#link.discard(this.#wire)
      this.#wire = await this.#link.connect('server', address)
      this.#clientId = undefined
    } else if (isReplyError(error) && /^(NOGROUP|UNBLOCKED the stream key)/.test(error.message))
      for (const each of this.#served.keys()) await this.#createGroup(each)
    else throw error
  }

  async #read(wire: Wire, streams: readonly string[]): Promise<void> {
    const { rpc, block } = this.#config
    const begin = ['GROUP', rpc.group, this.#name, 'COUNT', MOST_REQUESTS, 'BLOCK', block, 'NOACK', 'STREAMS']
    this.#reading = true
    let reply: Reply
    try {
      reply = await wire.send('xreadgroup', [...begin, ...streams, ...streams.map(() => '>')])
    } finally {
      this.#reading = false
    }
    for (const { key, entries } of toStreams(reply)) {
      const ids = entries.flatMap((entry) => (Array.isArray(entry) ? [String(entry[0])] : []))
      if (ids.length > 0) this.#link.send(key, 'xdel', [key, ...ids]).catch(ignore)
      const served = this.#served.get(key)
      if (served === undefined) continue
      for (const entry of entries) if (!served.accept(entry)) served.held = true
    }
  }

  #fail(error: unknown): void {
    if (this.#link.ended !== undefined) return
    const all = [...this.#served.values()]
    this.#served.clear()
    for (const served of all) served.end(error as IntegrationError)
  }
}

function ignore(): void {}
