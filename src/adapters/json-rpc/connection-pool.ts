import { type Client, type Dispatcher, errors } from 'undici'
import { Deque } from '../../core/deque.js'

/** What follows an exchange on its connection. */
export interface PooledHandler extends Dispatcher.DispatchHandler {
  /** To be called once, when undici is done with the request. @param failed whether without a complete answer. */
  onOver: ((failed: boolean) => void) | undefined
}

export interface PoolOptions {
  /** Connections at most. */
  readonly size: number
  /** Requests at a time on one connection. */
  readonly pipelining: number
  /** Makes a connection, which connects when it is first used. */
  readonly open: () => Client
}

interface Connection {
  readonly client: Client
  /** Requests handed to it and not over. */
  load: number
  readonly over: (failed: boolean) => void
}

interface Waiting {
  readonly request: Dispatcher.DispatchOptions
  readonly handler: PooledHandler
}

/**
 * The connections to one address, and the requests that wait for one. A connection that becomes free is given its
 * next request before it counts as idle: undici looks at an idle one for a turn of the event loop before it writes
 * to it, arms and disarms a timer, and its own pool has each request meet that.
 */
export class ConnectionPool {
  readonly #options: PoolOptions
  readonly #connections: Connection[] = []
  readonly #waiting = new Deque<Waiting>()
  #underWay = 0
  #state: 'open' | 'closed' = 'open'
  /** Called when nothing waits any more, once it is closed. */
  #onEmpty: (() => void) | undefined

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** Gives a request to a connection, or lets it wait for one. What becomes of it, the handler is told; never throws. */
  dispatch(request: Dispatcher.DispatchOptions, handler: PooledHandler): void {
    if (this.#state === 'closed') return fail(handler, new errors.ClientClosedError())
    const connection = this.#free()
    if (connection === undefined) this.#waiting.push({ request, handler })
    else this.#start(connection, request, handler)
  }

  /** Connections that stand, and requests on them and before them. */
  get stats(): { readonly connected: number; readonly running: number; readonly waiting: number } {
    let connected = 0
    let running = 0
    for (const { client } of this.#connections) {
      if (!client.stats.connected) continue
      connected++
      running += client.stats.running
    }
    return { connected, running, waiting: this.#waiting.size + this.#underWay - running }
  }

  /** Takes no more requests; resolves when those it has are over and all connections closed. Never throws. */
  async close(): Promise<void> {
    this.#state = 'closed'
    if (this.#waiting.size > 0)
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve
      })
    // One that refuses was destroyed in the meantime: as closed as can be.
    await Promise.allSettled(this.#connections.map(({ client }) => client.close()))
  }

  /** Ends everything at once; what was under way or waiting fails with `reason`. */
  async destroy(reason: Error): Promise<void> {
    this.#state = 'closed'
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
      fail(next.handler, reason)
    this.#onEmpty?.()
    await Promise.all(this.#connections.map(({ client }) => client.destroy(reason)))
  }

  /** The connection that has least to do, a new one rather than one that has something; `undefined` when all are full. */
  #free(): Connection | undefined {
    const { size, pipelining } = this.#options
    if (this.#underWay >= size * pipelining) return undefined
    let best: Connection | undefined
    for (const connection of this.#connections) {
      if (connection.load === 0) return connection
      if (connection.load < (best?.load ?? pipelining)) best = connection
    }
    return this.#connections.length < size ? this.#open() : best
  }

  #open(): Connection {
    const connection: Connection = {
      client: this.#options.open(),
      load: 0,
      // After a failure undici is in the middle of clearing up.
      over: (failed) => (failed ? queueMicrotask(() => this.#over(connection)) : this.#over(connection)),
    }
    this.#connections.push(connection)
    return connection
  }

  #start(connection: Connection, request: Dispatcher.DispatchOptions, handler: PooledHandler): void {
    connection.load++
    this.#underWay++
    handler.onOver = connection.over
    try {
      connection.client.dispatch(request, handler)
    } catch (error) {
      fail(handler, error as Error)
    }
  }

  #over(connection: Connection): void {
    connection.load--
    this.#underWay--
    const next = this.#waiting.shift()
    if (next !== undefined) this.#start(connection, next.request, next.handler)
    else this.#onEmpty?.()
  }
}

function fail(handler: PooledHandler, error: Error): void {
  handler.onResponseError?.(undefined as never, error)
}
