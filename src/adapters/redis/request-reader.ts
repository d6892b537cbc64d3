import type { AdapterContext } from '../../core/adapter.js'
import { type Clock, every, type Timer } from '../../core/clock.js'
import type { IntegrationError } from '../../core/errors.js'
import { BlockingConnection } from './blocking-connection.js'
import { runScript } from './commands.js'
import { toStreams } from './entry.js'
import { isGroupGone, isReplyError } from './failures.js'
import { entryBytes } from './fields.js'
import type { Link } from './link.js'
import type { RedisConfig } from './manifest.js'
import { FORGOTTEN_MS, SWEEP } from './queue-scripts.js'
import { ReadBudget } from './read-budget.js'
import { requestStream, serversKey } from './rpc-keys.js'
import { LEASE, RETURN_REQUEST } from './rpc-scripts.js'
import type { Reply } from './wire.js'

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
/** A registration that was flushed or evicted is missed for so long at most, in milliseconds. */
const RENEW_MS = 1_000

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
  readonly #budget: ReadBudget
  readonly #served = new Map<string, Served>()
  readonly #leasing: Timer
  readonly #connection: BlockingConnection
  #loop: Promise<void> | undefined
  #offsetMs = 0
  #kick: () => void = ignore

  constructor(link: Link, config: RedisConfig, { clock, clientId, settings }: AdapterContext) {
    this.#budget = new ReadBudget(settings.limits.frame)
    this.#link = link
    this.#config = config
    this.#name = clientId
    this.#clock = clock
    this.#connection = new BlockingConnection(link, clock, {
      role: 'server',
      what: 'the methods that are served',
    })
    this.#leasing = every(clock, Math.min(config.rpc.lease / 3, RENEW_MS), () => this.#renew(), {
      background: true,
    })
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

  /**
   * Serves one more method, or takes over one that is served already. Rejects with what ioredis rejects with; what was
   * served before goes on then.
   * @param ready waits for the preparations
   */
  async add(served: Served, ready: (preparing: Promise<void>) => Promise<void>): Promise<void> {
    const stream = requestStream(this.#config.rpc.prefix, served.method)
    const preparing = this.#register(stream, served.method)
    try {
      await ready(preparing)
    } catch (error) {
      preparing.then(() => this.#unregister(stream, served.method), ignore)
      throw error
    }
    this.#served.set(stream, served)
    this.#changed()
  }

  /** Serves it no more, unless another has taken it over. Never rejects. */
  async remove(served: Served): Promise<void> {
    const stream = requestStream(this.#config.rpc.prefix, served.method)
    if (this.#served.get(stream) !== served) return
    this.#served.delete(stream)
    await this.#unregister(stream, served.method)
    this.#changed()
    if (this.#served.size > 0) return
    await this.#loop
    // A read that was waiting has kept us in the group.
    await this.#unregister(stream, served.method)
  }

  /** More requests may come for a method that was held. */
  release(served: Served): void {
    if (!served.held) return
    served.held = false
    this.#changed()
  }

  async #register(stream: string, method: string): Promise<void> {
    const { group } = this.#config.rpc
    await this.#createGroup(stream)
    await this.#lease(method)
    await runScript(this.#link, SWEEP, [stream], [group, this.#name, FORGOTTEN_MS]).catch(ignore)
  }

  async #unregister(stream: string, method: string): Promise<void> {
    if (this.#served.has(stream) || this.#link.ended !== undefined) return
    const servers = serversKey(this.#config.rpc.prefix, method)
    await this.#link.send(servers, 'zrem', [servers, this.#name]).catch(ignore)
    await this.#link
      .send(stream, 'xgroup', ['DELCONSUMER', stream, this.#config.rpc.group, this.#name])
      .catch(ignore)
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

  /** What is to be read has changed: a read that waits must begin again. */
  #changed(): void {
    this.#kick()
    this.#connection.interrupt()
    if (this.#loop !== undefined || this.#served.size === 0) return
    this.#loop = this.#run()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#loop = undefined
        this.#connection.close()
        if (this.#served.size > 0) this.#changed()
      })
  }

  async #run(): Promise<void> {
    while (this.#served.size > 0 && this.#link.ended === undefined) {
      try {
        const streams = [...this.#served].filter(([, { held }]) => !held).map(([stream]) => stream)
        if (streams.length > 0) await this.#read(streams)
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

  /** Goes on where the server says how; @throws the error where it does not. */
  async #mend(error: unknown): Promise<void> {
    const stream = this.#anyStream()
    if (this.#link.ended !== undefined || stream === undefined) return
    const address = this.#link.redirected(stream, error)
    if (address !== undefined) await this.#connection.moveTo(address)
    else if (isGroupGone(error)) {
      // Where the streams were flushed the registrations were too.
      for (const [each, { method }] of this.#served) await this.#register(each, method)
    } else throw error
  }

  async #read(streams: readonly string[]): Promise<void> {
    const { rpc, block } = this.#config
    const begin = [
      'GROUP',
      rpc.group,
      this.#name,
      'COUNT',
      this.#budget.entries(MOST_REQUESTS),
      'BLOCK',
      block,
      'NOACK',
      'STREAMS',
    ]
    const args = [...begin, ...streams, ...streams.map(() => '>')]
    const reply = await this.#connection.read(streams[0], 'xreadgroup', args)
    for (const { key, entries } of toStreams(reply)) {
      this.#budget.saw(entries.map(entryBytes))
      const served = this.#served.get(key)
      const ids = entries.flatMap((entry) => (Array.isArray(entry) ? [String(entry[0])] : []))
      if (ids.length === 0) continue
      if (served === undefined) {
        // It was closed while the read was waiting: other servers may have them.
        await runScript(this.#link, RETURN_REQUEST, [key], ids).catch(ignore)
        continue
      }
      this.#link.send(key, 'xdel', [key, ...ids]).catch(ignore)
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
