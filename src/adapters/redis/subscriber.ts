import type { InboundMessage, MessageSink } from '../../core/adapter.js'
import { ConnectionError, type IntegrationError } from '../../core/errors.js'
import { elidedSize } from './client/elision.js'
import { socketFailure } from './failures.js'
import type { Link } from './link.js'
import type { MessageListener, Wire } from './wire.js'

/** What a subscription is, at the server: the words to begin and end it with, and its channel or glob. */
export interface Target {
  readonly begin: 'subscribe' | 'psubscribe' | 'ssubscribe'
  readonly end: 'unsubscribe' | 'punsubscribe' | 'sunsubscribe'
  readonly name: string
}

/** A sink and what it wants. */
export interface Route {
  readonly target: Target
  readonly sink: MessageSink<InboundMessage>
  readonly matches: ((channel: string) => boolean) | undefined
  /** How often its sink has said that it has room again. */
  resumes: number
}

const LONGEST_REMEMBERED = 128

/**
 * The connection that receives messages. Redis cannot hold one channel back without the others: while any sink is full
 * nothing is read, and the server keeps what comes; it ends the connection when that is too much
 * (`client-output-buffer-limit pubsub`).
 */
export class Subscriber implements MessageListener {
  readonly wire: Wire
  readonly #maxFrame: number
  readonly #channels = new Map<string, Route[]>()
  readonly #globs = new Map<string, Route[]>()
  readonly #full = new Set<Route>()
  /** Subscriptions that the server has not granted yet. */
  #asking = 0
  #lastBytes: Buffer = Buffer.alloc(0)
  #lastChannel = ''
  #lastRoutes: readonly Route[] | undefined

  constructor(wire: Wire, link: Link, maxFrame: number) {
    this.wire = wire
    this.#maxFrame = maxFrame
    wire.listen(this)
    link.whenEnded(() => this.#reportLoss(link.ended?.message ?? 'disconnected'))
  }

  /** The connection is lost: what is published from now on is missed. */
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

  /** Why a command was not answered. */
  failure(): IntegrationError {
    return socketFailure(this.wire.where, this.wire.fault)
  }

  /** Subscribes at the server. Rejects like `Wire.send`; the route must be removed then. */
  async add(route: Route): Promise<void> {
    const routes = this.#routes(route.target)
    const list = routes.get(route.target.name)
    if (list === undefined) routes.set(route.target.name, [route])
    else list.push(route)
    this.#lastBytes = Buffer.alloc(0)
    this.#asking++
    try {
      await this.wire.send(route.target.begin, [route.target.name])
    } finally {
      this.#asking--
    }
  }

  /** Ends it at the server too, unless another route has the same target. Idempotent; never throws. */
  remove(route: Route): void {
    const routes = this.#routes(route.target)
    const list = routes.get(route.target.name)
    const at = list?.indexOf(route) ?? -1
    if (list === undefined || at < 0) return
    list.splice(at, 1)
    this.#lastBytes = Buffer.alloc(0)
    this.release(route)
    if (list.length > 0) return
    routes.delete(route.target.name)
    this.wire.send(route.target.end, [route.target.name]).catch(ignore)
  }

  /** The sink of a route has room again. */
  release(route: Route): void {
    route.resumes++
    if (this.#full.delete(route) && this.#full.size === 0) this.wire.release()
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
    // A refusal to subscribe says so too, and is followed. Unasked, the server says it of a channel that has left.
    if (this.#asking === 0)
      this.wire.abandon(new ConnectionError(`${this.wire.where} has given a sharded channel away`))
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
    // It may have been closed, or may have room again, by the time `deliver` returns.
    if (route.resumes !== resumes || !this.#routes(route.target).get(route.target.name)?.includes(route))
      return
    this.#full.add(route)
    this.wire.hold()
  }

  #reportLoss(reason: string): void {
    for (const { sink } of this.#all()) sink.lost(0, `messages published meanwhile are missed: ${reason}`)
  }

  #all(): Route[] {
    return [...this.#channels.values(), ...this.#globs.values()].flat()
  }

  /** Most messages come in runs of one channel: comparing a few bytes is cheaper than decoding them. */
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
