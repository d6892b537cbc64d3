import type { InboundMessage, MessageSink } from '../../core/adapter/inbound.js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { elidedSize } from './client/elision.js'
import type { MessageListener, RedisConnection } from './connection.js'
import type { ConnectionPool } from './connection-pool.js'
import { socketFailure } from './failures.js'

/** The commands that start and end a subscription, and its channel or glob. */
export interface Target {
  readonly begin: 'subscribe' | 'psubscribe' | 'ssubscribe'
  readonly end: 'unsubscribe' | 'punsubscribe' | 'sunsubscribe'
  readonly name: string
}

/** A sink with its subscription. */
export interface Route {
  readonly target: Target
  readonly sink: MessageSink<InboundMessage>
  readonly matches: ((channel: string) => boolean) | undefined
  /** How often the sink has called `resume`. */
  resumes: number
}

const LONGEST_REMEMBERED = 128

/**
 * A connection that receives messages. Redis cannot pause one channel, so a full sink pauses the whole connection; the
 * server buffers and closes the connection when its buffer is full (`client-output-buffer-limit pubsub`).
 */
export class Subscriber implements MessageListener {
  readonly connection: RedisConnection
  readonly #maxFrame: number
  readonly #channels = new Map<string, Route[]>()
  readonly #globs = new Map<string, Route[]>()
  readonly #full = new Set<Route>()
  /** SUBSCRIBE commands in flight. */
  #asking = 0
  #lastBytes: Buffer = Buffer.alloc(0)
  #lastChannel = ''
  #lastRoutes: readonly Route[] | undefined

  constructor(connection: RedisConnection, pool: ConnectionPool, maxFrame: number) {
    this.connection = connection
    this.#maxFrame = maxFrame
    connection.listen(this)
    pool.whenEnded(() => this.#reportLoss(pool.ended?.message ?? 'disconnected'))
  }

  /** Ends all subscriptions after the connection was lost, and reports the gap. */
  lose(error: IntegrationError): void {
    const routes = this.#all()
    this.#reportLoss(error.message)
    this.#channels.clear()
    this.#globs.clear()
    this.#full.clear()
    for (const { sink } of routes)
      sink.end(
        error instanceof ConnectionError ? error : new ConnectionError(error.message, { cause: error }),
      )
  }

  /** Returns why the connection cannot answer. */
  failure(): IntegrationError {
    return socketFailure(this.connection.where, this.connection.fault)
  }

  /** Subscribes at the server. Rejects like `RedisConnection.send`; the caller must then remove the route. */
  async add(route: Route): Promise<void> {
    const routes = this.#routes(route.target)
    const list = routes.get(route.target.name)
    if (list === undefined) routes.set(route.target.name, [route])
    else list.push(route)
    this.#lastBytes = Buffer.alloc(0)
    this.#asking++
    try {
      await this.connection.send(route.target.begin, [route.target.name])
    } finally {
      this.#asking--
    }
  }

  /**
   * Removes a route, and unsubscribes at the server if it was the last one for its target. Idempotent; never throws.
   * @param isUnsubscribed whether the server has been told
   */
  remove(route: Route, isUnsubscribed = false): void {
    const routes = this.#routes(route.target)
    const list = routes.get(route.target.name)
    const at = list?.indexOf(route) ?? -1
    if (list === undefined || at < 0) return
    list.splice(at, 1)
    this.#lastBytes = Buffer.alloc(0)
    this.release(route)
    if (list.length > 0) return
    routes.delete(route.target.name)
    if (!isUnsubscribed) this.connection.send(route.target.end, [route.target.name]).catch(ignore)
  }

  /**
   * Unsubscribes at the server if it is the last route for its target, then removes it. What the server had sent before its
   * answer is delivered. Never throws.
   */
  async finish(route: Route): Promise<void> {
    const { end, name } = route.target
    const list = this.#routes(route.target).get(name)
    const isLast = list?.length === 1 && list[0] === route
    if (isLast) await this.connection.send(end, [name]).catch(ignore)
    this.remove(route, isLast)
  }

  /** Resumes reading if no other sink is full. */
  release(route: Route): void {
    route.resumes++
    if (this.#full.delete(route) && this.#full.size === 0) this.connection.release()
  }

  onMessage(channel: Buffer, payload: Buffer): void {
    if (!Buffer.isBuffer(channel) || !Buffer.isBuffer(payload)) return
    const routes = this.#lookUp(channel)
    if (routes !== undefined) for (const route of routes) this.#deliver(route, this.#lastChannel, payload)
  }

  onPatternMessage(pattern: string, channel: Buffer, payload: Buffer): void {
    if (!Buffer.isBuffer(channel) || !Buffer.isBuffer(payload)) return
    const routes = this.#globs.get(pattern)
    if (routes === undefined) return
    const topic = channel.toString()
    for (const route of routes) if (route.matches?.(topic) !== false) this.#deliver(route, topic, payload)
  }

  onMoved(): void {
    // During a subscribe this is the refusal, which the caller follows to the right server. Otherwise the server has
    // lost a channel that we subscribed to.
    if (this.#asking === 0)
      this.connection.fail(
        new ConnectionError(`${this.connection.where} no longer holds a subscribed sharded channel`),
      )
  }

  #deliver(route: Route, topic: string, payload: Buffer): void {
    const { sink, resumes } = route
    const size = elidedSize(payload)
    if (size !== undefined)
      return sink.lost(
        1,
        `a message of ${size} bytes on ${JSON.stringify(topic)} is larger than limits.frame (${this.#maxFrame} bytes)`,
      )
    if (sink.deliver({ topic, payload }) || this.#full.has(route)) return
    // The sink may have called `resume`, or closed, inside `deliver`.
    if (route.resumes !== resumes || !this.#routes(route.target).get(route.target.name)?.includes(route))
      return
    this.#full.add(route)
    this.connection.hold()
  }

  #reportLoss(reason: string): void {
    for (const { sink } of this.#all())
      sink.lost(0, `messages published while disconnected are lost: ${reason}`)
  }

  #all(): Route[] {
    return [...this.#channels.values(), ...this.#globs.values()].flat()
  }

  /**
   * Finds the routes of a channel. Most messages come in runs of one channel, and comparing bytes is cheaper than
   * decoding them.
   */
  #lookUp(channel: Buffer): readonly Route[] | undefined {
    if (channel.length === this.#lastBytes.length && channel.length > 0 && channel.equals(this.#lastBytes))
      return this.#lastRoutes
    this.#lastChannel = channel.toString()
    this.#lastRoutes = this.#channels.get(this.#lastChannel)
    this.#lastBytes = channel.length <= LONGEST_REMEMBERED ? Buffer.from(channel) : Buffer.alloc(0)
    return this.#lastRoutes
  }

  #routes(target: Target): Map<string, Route[]> {
    return target.begin === 'psubscribe' ? this.#globs : this.#channels
  }
}

function ignore(): void {}
