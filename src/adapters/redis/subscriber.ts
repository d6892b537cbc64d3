import type { InboundMessage, MessageSink } from '../../core/adapter.js'
import { ConnectionError } from '../../core/errors.js'
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
}

const LONGEST_REMEMBERED = 128

/**
 * The connection that receives messages. While any sink is full nothing is read from it, so that the server keeps
 * what comes; it ends the connection when that is too much (`client-output-buffer-limit pubsub`).
 */
export class Subscriber implements MessageListener {
  readonly wire: Wire
  readonly #channels = new Map<string, Route[]>()
  readonly #globs = new Map<string, Route[]>()
  readonly #full = new Set<Route>()
  /** Subscriptions that the server has not granted yet. */
  #asking = 0
  #lastBytes: Buffer = Buffer.alloc(0)
  #lastChannel = ''
  #lastRoutes: readonly Route[] | undefined

  constructor(wire: Wire) {
    this.wire = wire
    wire.listen(this)
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
    // A refusal to subscribe says so too, and is followed. By itself the server says it of a channel that has left.
    if (this.#asking === 0)
      this.wire.abandon(new ConnectionError(`${this.wire.where} has given a sharded channel away`))
  }

  #deliver(route: Route, topic: string, payload: Buffer): void {
    if (route.sink.deliver({ topic, payload }) || this.#full.has(route)) return
    if (!this.#routes(route.target).get(route.target.name)?.includes(route)) return
    this.#full.add(route)
    this.wire.hold()
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
