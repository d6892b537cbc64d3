import type { Attempt, PublishOptions } from '../../core/adapter.js'
import { type Clock, every, sleep, type Timer } from '../../core/clock.js'
import { PublishError } from '../../core/errors.js'
import { failureOf, type Link } from './link.js'
import type { Method } from './methods.js'
import type { OpenStreams } from './open-streams.js'
import type { GrpcStream } from './stream.js'

/** How long a server may take to end the streams that we have ended, in milliseconds. */
const FAREWELL_MS = 250

interface Lane {
  readonly stream: GrpcStream
  /** Monotonic milliseconds. */
  usedAt: number
}

/**
 * Publishes: a message is written to the open stream of its method, that of a subscription if there is one, else
 * one that is kept for publishing. A message for a method with one request is a call whose answer is ignored.
 */
export class Publisher {
  readonly #link: Link
  readonly #subscribed: OpenStreams
  readonly #idleMs: number
  readonly #lanes = new Map<string, Promise<Lane>>()
  #sweep: Timer | undefined

  constructor(link: Link, subscribed: OpenStreams, idleMs: number) {
    this.#link = link
    this.#subscribed = subscribed
    this.#idleMs = idleMs
  }

  /** Resolves when it was written; of a method with one request, when the server has answered. */
  async publish(
    topic: string,
    payload: Uint8Array,
    { headers }: PublishOptions,
    context: Attempt,
  ): Promise<void> {
    const { integration, caller, payloads } = this.#link
    try {
      const method = this.#link.methods.get(topic)
      const message = payloads.toRequest(method, payload)
      if (method.kind === 'unary') {
        await caller.unary(method.path, message, context)
        return
      }
      if (method.kind === 'server-streaming')
        throw new PublishError(
          topic,
          'the method takes one request and answers with a stream: subscribe to it',
          {
            integration,
          },
        )
      if (headers !== undefined && Object.keys(headers).length > 0)
        throw new PublishError(topic, 'a message on an open stream has no headers of its own', {
          integration,
        })
      await this.#write(method, message, context)
    } catch (failure) {
      throw failureOf(failure, `publish ${topic}`, this.#link, context)
    }
  }

  /** Ends the streams that publishing has opened; what was written arrives first. Never throws. */
  async close(): Promise<void> {
    this.#sweep?.cancel()
    const lanes = await Promise.allSettled(this.#lanes.values())
    this.#lanes.clear()
    const streams = lanes.flatMap((lane) => (lane.status === 'fulfilled' ? [lane.value.stream] : []))
    for (const stream of streams) stream.end()
    const waited = new AbortController()
    await Promise.race([
      Promise.all(streams.map((stream) => stream.over)),
      sleep(this.#link.clock, FAREWELL_MS, waited.signal).catch(() => {}),
    ])
    waited.abort()
  }

  async #write(method: Method, message: Buffer, context: Attempt): Promise<void> {
    const subscribed = this.#subscribed.newest(method.path)
    if (subscribed !== undefined) return subscribed.write(message)
    let lane = await this.#lane(method, context)
    // It may have been ended as idle while this waited.
    while (!lane.stream.isWritable) lane = await this.#lane(method, context)
    lane.usedAt = this.#link.clock.monotonic()
    await lane.stream.write(message)
  }

  #lane(method: Method, context: Attempt): Promise<Lane> {
    const known = this.#lanes.get(method.path)
    if (known !== undefined) return known
    const { clock } = this.#link
    const opened = this.#openLane(method, context)
    this.#lanes.set(method.path, opened)
    const forget = () => {
      if (this.#lanes.get(method.path) === opened) this.#lanes.delete(method.path)
    }
    opened.then(({ stream }) => stream.over.then(forget), forget)
    this.#sweep ??= sweepEvery(clock, this.#idleMs, () => this.#endIdle())
    return opened
  }

  async #openLane(method: Method, context: Attempt): Promise<Lane> {
    const { caller, clock } = this.#link
    const stream = await caller.stream(method.path, { signal: context.signal })
    // Nobody asked for the answers.
    stream.read({ message: () => true, ended: () => {} })
    return { stream, usedAt: clock.monotonic() }
  }

  async #endIdle(): Promise<void> {
    const before = this.#link.clock.monotonic() - this.#idleMs
    for (const [path, opened] of this.#lanes) {
      const lane = await opened.catch(() => undefined)
      if (lane === undefined || lane.usedAt > before) continue
      this.#lanes.delete(path)
      lane.stream.end()
    }
  }
}

function sweepEvery(clock: Clock, ms: number, task: () => void): Timer {
  return every(clock, Math.max(ms, 100), task, { background: true })
}
