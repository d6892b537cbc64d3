import { sharedController } from '../../core/abort.js'
import type { Attempt } from '../../core/adapter/attempt.js'
import type { PublishOptions } from '../../core/adapter/pubsub-facet.js'
import { type Clock, every, sleep, type Timer } from '../../core/clock.js'
import { PublishError } from '../../core/errors/pubsub.js'
import type { Method } from './methods.js'
import type { OpenStreams } from './open-streams.js'
import { failureOf, type Session } from './session.js'
import type { GrpcStream } from './stream.js'

/** How long a server may take to end the streams after we have ended our side, in milliseconds. */
const CLOSE_GRACE_MS = 250

interface PublishStream {
  readonly stream: GrpcStream
  /** Time of the last message, in monotonic milliseconds. */
  usedAt: number
}

/**
 * Publishes messages. A message goes to the open stream of its method: that of a subscription, or else a stream
 * kept for publishing. For a method with one request it is a call whose answer is ignored.
 */
export class Publisher {
  readonly #session: Session
  readonly #subscribed: OpenStreams
  readonly #idleMs: number
  readonly #publishStreams = new Map<string, Promise<PublishStream>>()
  #sweep: Timer | undefined

  constructor(session: Session, subscribed: OpenStreams, idleMs: number) {
    this.#session = session
    this.#subscribed = subscribed
    this.#idleMs = idleMs
  }

  /** Publishes one message. Resolves when it was written or, for a method with one request, answered. */
  async publish(
    topic: string,
    payload: Uint8Array,
    { headers }: PublishOptions,
    context: Attempt,
  ): Promise<void> {
    const { integration, caller, payloads } = this.#session
    try {
      const method = this.#session.methods.get(topic)
      const message = payloads.toRequest(method, payload)
      if (method.kind === 'unary') {
        await caller.unary(method.path, message, context)
        return
      }
      if (method.kind === 'server-streaming')
        throw new PublishError(
          topic,
          'the method takes one request and answers with a stream: use subscribe instead',
          {
            integration,
          },
        )
      if (headers !== undefined && Object.keys(headers).length > 0)
        throw new PublishError(topic, 'a message on an open stream cannot have headers', {
          integration,
        })
      await this.#write(method, message, context)
    } catch (failure) {
      throw failureOf(failure, `publish ${topic}`, this.#session, context)
    }
  }

  /** Ends the streams opened by publishing, after what was written. Never throws. */
  async close(): Promise<void> {
    this.#sweep?.cancel()
    const opened = await Promise.allSettled(this.#publishStreams.values())
    this.#publishStreams.clear()
    const streams = opened.flatMap((publishing) =>
      publishing.status === 'fulfilled' ? [publishing.value.stream] : [],
    )
    for (const stream of streams) stream.end()
    const waited = sharedController()
    await Promise.race([
      Promise.all(streams.map((stream) => stream.over)),
      sleep(this.#session.clock, CLOSE_GRACE_MS, waited.signal).catch(() => {}),
    ])
    waited.abort()
  }

  async #write(method: Method, message: Buffer, context: Attempt): Promise<void> {
    const subscribed = this.#subscribed.newest(method.path)
    if (subscribed !== undefined) return subscribed.write(message)
    let publishing = await this.#publishing(method, context)
    // The stream may have ended as idle in the meantime.
    while (!publishing.stream.isWritable) publishing = await this.#publishing(method, context)
    publishing.usedAt = this.#session.clock.monotonic()
    await publishing.stream.write(message)
  }

  #publishing(method: Method, context: Attempt): Promise<PublishStream> {
    const known = this.#publishStreams.get(method.path)
    if (known !== undefined) return known
    const { clock } = this.#session
    const opened = this.#openPublishStream(method, context)
    this.#publishStreams.set(method.path, opened)
    const forget = () => {
      if (this.#publishStreams.get(method.path) === opened) this.#publishStreams.delete(method.path)
    }
    opened.then(({ stream }) => stream.over.then(forget), forget)
    this.#sweep ??= sweepEvery(clock, this.#idleMs, () => this.#endIdle())
    return opened
  }

  async #openPublishStream(method: Method, context: Attempt): Promise<PublishStream> {
    const { caller, clock } = this.#session
    const stream = await caller.stream(method.path, { signal: context.signal })
    // Nothing consumes the answers.
    stream.read({ message: () => true, ended: () => {} })
    return { stream, usedAt: clock.monotonic() }
  }

  async #endIdle(): Promise<void> {
    const before = this.#session.clock.monotonic() - this.#idleMs
    for (const [path, opened] of this.#publishStreams) {
      const publishing = await opened.catch(() => undefined)
      if (publishing === undefined || publishing.usedAt > before) continue
      this.#publishStreams.delete(path)
      publishing.stream.end()
    }
  }
}

function sweepEvery(clock: Clock, ms: number, task: () => void): Timer {
  return every(clock, Math.max(ms, 100), task, { background: true })
}
