import { type Client, type Dispatcher, errors } from 'undici'
import { Deque } from '../../core/deque.js'

/** The handler of one request, with a callback for the pool. */
export interface PooledHandler extends Dispatcher.DispatchHandler {
  /**
   * The handler calls it once, when undici is done with the request.
   * @param failed whether the request ended without a complete answer
   */
  onOver: ((failed: boolean) => void) | undefined
}

export interface PoolOptions {
  /** Maximum number of connections. */
  readonly size: number
  /** Maximum number of requests in flight on one connection. */
  readonly pipelining: number
  /** Makes a connection, which opens its socket with the first request. */
  readonly open: () => Client
}

interface Connection {
  readonly client: Client
  /** Requests in flight on this connection. */
  load: number
  readonly over: (failed: boolean) => void
}

interface Waiting {
  readonly request: Dispatcher.DispatchOptions
  readonly handler: PooledHandler
}

/**
 * Pools the connections to one address and queues requests while all are busy. A connection that becomes free gets
 * the next request at once: an idle connection of undici waits a turn of the event loop and re-arms a timer before
 * it writes.
 */
export class ConnectionPool {
  readonly #options: PoolOptions
  readonly #connections: Connection[] = []
  readonly #waiting = new Deque<Waiting>()
  #inFlight = 0
  #state: 'open' | 'closed' = 'open'
  /** Called when the queue is empty after `close`. */
  #onEmpty: (() => void) | undefined

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** Starts a request on a connection, or queues it until one is free. Never throws: failures go to the handler. */
  dispatch(request: Dispatcher.DispatchOptions, handler: PooledHandler): void {
    if (this.#state === 'closed') return fail(handler, new errors.ClientClosedError())
    const connection = this.#free()
    if (connection === undefined) this.#waiting.push({ request, handler })
    else this.#start(connection, request, handler)
  }

  /** Counts open connections, requests in flight on them, and requests that wait. */
  get stats(): { readonly connected: number; readonly running: number; readonly waiting: number } {
    let connected = 0
    let running = 0
    for (const { client } of this.#connections) {
      if (!client.stats.connected) continue
      connected++
      running += client.stats.running
    }
    return { connected, running, waiting: this.#waiting.size + this.#inFlight - running }
  }

  /**
   * Refuses new requests and resolves when the remaining ones are done and all connections are closed. Never
   * throws.
   */
  async close(): Promise<void> {
    this.#state = 'closed'
    if (this.#waiting.size > 0)
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve
      })
    // `close` rejects for a connection that was destroyed in the meantime.
    await Promise.allSettled(this.#connections.map(({ client }) => client.close()))
  }

  /** Closes all connections at once. Requests in flight or queued fail with `reason`. */
  async destroy(reason: Error): Promise<void> {
    this.#state = 'closed'
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
      fail(next.handler, reason)
    this.#onEmpty?.()
    await Promise.all(this.#connections.map(({ client }) => client.destroy(reason)))
  }

  /** Chooses an idle connection, else a new one, else the least loaded; `undefined` if all are full. */
  #free(): Connection | undefined {
    const { size, pipelining } = this.#options
    if (this.#inFlight >= size * pipelining) return undefined
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
      // After a failure undici is still cleaning up, so that the next request has to wait for the microtask.
      over: (failed) => (failed ? queueMicrotask(() => this.#over(connection)) : this.#over(connection)),
    }
    this.#connections.push(connection)
    return connection
  }

  #start(connection: Connection, request: Dispatcher.DispatchOptions, handler: PooledHandler): void {
    connection.load++
    this.#inFlight++
    handler.onOver = connection.over
    try {
      connection.client.dispatch(request, handler)
    } catch (error) {
      fail(handler, error as Error)
    }
  }

  #over(connection: Connection): void {
    connection.load--
    this.#inFlight--
    const next = this.#waiting.shift()
    if (next !== undefined) this.#start(connection, next.request, next.handler)
    else this.#onEmpty?.()
  }
}

function fail(handler: PooledHandler, error: Error): void {
  handler.onResponseError?.(undefined as never, error)
}
