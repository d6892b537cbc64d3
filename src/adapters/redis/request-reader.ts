import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import { type Clock, every, type Timer } from '../../core/clock.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { BlockingConnection } from './blocking-connection.js'
import { runScript } from './commands.js'
import type { Reply } from './connection.js'
import type { ConnectionPool } from './connection-pool.js'
import { createConsumerGroup } from './consumer-group.js'
import { toStreams } from './entry.js'
import { isGroupGone } from './failures.js'
import { entryBytes } from './fields.js'
import type { RedisConfig } from './manifest.js'
import { FORGOTTEN_MS, SWEEP } from './queue-scripts.js'
import { ReadBudget } from './read-budget.js'
import { requestStream, serversKey } from './rpc-keys.js'
import { LEASE, RETURN_REQUEST } from './rpc-scripts.js'
import { Wakeup } from './wakeup.js'

/** A served method. */
export interface Served {
  readonly method: string
  /** Accepts a request. @returns false if no more requests should follow for now */
  accept(item: Reply): boolean
  /** Reports that the method can no longer be served. */
  end(error: unknown): void
  /** Whether the sink has no room: its stream is not read. */
  held: boolean
}

const MOST_REQUESTS = 64
/**
 * Maximum time between renewals of a registration, in milliseconds: bounds how long a flushed registration is missing.
 */
const RENEW_MS = 1_000

/**
 * Reads the requests for all served methods over one blocking connection, and removes them as it reads, so that each is
 * served at most once. In a cluster each method has its own reader, because a read covers only one slot.
 */
export class RequestReader {
  readonly #pool: ConnectionPool
  readonly #config: RedisConfig
  readonly #clock: Clock
  readonly #name: string
  readonly #budget: ReadBudget
  readonly #served = new Map<string, Served>()
  readonly #leasing: Timer
  readonly #connection: BlockingConnection
  #loop: Promise<void> | undefined
  #offsetMs = 0
  readonly #wakeup = new Wakeup()

  constructor(pool: ConnectionPool, config: RedisConfig, { clock, clientId, settings }: AdapterContext) {
    this.#budget = new ReadBudget(settings.limits.frame)
    this.#pool = pool
    this.#config = config
    this.#name = clientId
    this.#clock = clock
    this.#connection = new BlockingConnection(pool, clock, {
      role: 'server',
      what: 'the methods that are served',
    })
    this.#leasing = every(clock, Math.min(config.rpc.lease / 3, RENEW_MS), () => this.#renew(), {
      background: true,
    })
    pool.whenEnded(() => {
      this.#leasing.cancel()
      this.#served.clear()
      this.#wakeup.wake()
    })
  }

  /** The current time by the server's clock, in epoch milliseconds. */
  serverNow(): number {
    return this.#clock.now() + this.#offsetMs
  }

  /**
   * Starts serving a method, or replaces its handler. Rejects with what ioredis rejects with; an earlier handler then
   * stays.
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
    this.#restart()
  }

  /** Stops serving the method, unless a later `add` has replaced the handler. Never rejects. */
  async remove(served: Served): Promise<void> {
    const stream = requestStream(this.#config.rpc.prefix, served.method)
    if (this.#served.get(stream) !== served) return
    this.#served.delete(stream)
    await this.#unregister(stream, served.method)
    this.#restart()
    if (this.#served.size > 0) return
    await this.#loop
    // The read that was in flight added us to the group again: leave once more.
    await this.#unregister(stream, served.method)
  }

  /** Resumes a held method. */
  release(served: Served): void {
    if (!served.held) return
    served.held = false
    this.#restart()
  }

  async #register(stream: string, method: string): Promise<void> {
    const { group } = this.#config.rpc
    await createConsumerGroup(this.#pool, stream, group, '0')
    await this.#lease(method)
    await runScript(this.#pool, SWEEP, [stream], [group, this.#name, FORGOTTEN_MS]).catch(ignore)
  }

  async #unregister(stream: string, method: string): Promise<void> {
    if (this.#served.has(stream) || this.#pool.ended !== undefined) return
    const servers = serversKey(this.#config.rpc.prefix, method)
    await this.#pool.send(servers, 'zrem', [servers, this.#name]).catch(ignore)
    await this.#pool
      .send(stream, 'xgroup', ['DELCONSUMER', stream, this.#config.rpc.group, this.#name])
      .catch(ignore)
  }

  async #lease(method: string): Promise<void> {
    const { prefix, lease } = this.#config.rpc
    const time = await runScript(this.#pool, LEASE, [serversKey(prefix, method)], [this.#name, lease])
    this.#offsetMs = Number(time) - this.#clock.now()
  }

  #renew(): void {
    for (const { method } of this.#served.values()) this.#lease(method).catch(ignore)
  }

  /** Restarts the read in flight with the current set of streams. */
  #restart(): void {
    this.#wakeup.wake()
    this.#connection.interrupt()
    if (this.#loop !== undefined || this.#served.size === 0) return
    this.#loop = this.#run()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#loop = undefined
        this.#connection.close()
        if (this.#served.size > 0) this.#restart()
      })
  }

  async #run(): Promise<void> {
    while (this.#served.size > 0 && this.#pool.ended === undefined) {
      try {
        const streams = [...this.#served].filter(([, { held }]) => !held).map(([stream]) => stream)
        if (streams.length > 0) await this.#read(streams)
        else await this.#wakeup.wait()
      } catch (error) {
        await this.#recoverFrom(error)
      }
    }
  }

  #anyStream(): string | undefined {
    return this.#served.keys().next().value
  }

  /** Recovers from an error that the server explains: a redirection or a lost group. @throws any other error */
  async #recoverFrom(error: unknown): Promise<void> {
    const stream = this.#anyStream()
    if (this.#pool.ended !== undefined || stream === undefined) return
    const address = this.#pool.redirected(stream, error)
    if (address !== undefined) await this.#connection.moveTo(address)
    else if (isGroupGone(error)) {
      // Register every method again: a flush that removes the streams removes the registrations too.
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
        // The method was removed during the read. Put the requests back for other servers.
        await runScript(this.#pool, RETURN_REQUEST, [key], ids).catch(ignore)
        continue
      }
      this.#pool.send(key, 'xdel', [key, ...ids]).catch(ignore)
      for (const entry of entries) if (!served.accept(entry)) served.held = true
    }
  }

  #fail(error: unknown): void {
    if (this.#pool.ended !== undefined) return
    const all = [...this.#served.values()]
    this.#served.clear()
    for (const served of all) served.end(error as IntegrationError)
  }
}

function ignore(): void {}
