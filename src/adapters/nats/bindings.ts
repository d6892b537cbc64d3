import { createHash } from 'node:crypto'
import { UnsupportedError } from '../../core/errors/operation.js'
import { API_ERROR, type JetStream, JetStreamApiError, nanos } from './client/jetstream.js'
import type { PullLimits } from './client/pull-requests.js'
import { isAtLeast } from './client/server-info.js'
import { NEVER_SENT } from './client/sizes.js'
import type { NatsConfig } from './manifest.js'

/** The stream and consumer that a queue reads from. */
export interface ConsumerBinding {
  readonly stream: string
  readonly consumer: string
  /** The consumer's own limit of deliveries; -1 for none. */
  readonly maxDeliver: number
  readonly limits: PullLimits
}

const NANOS_PER_MS = 1_000_000
const ACK_WAIT_MS = { extended: 5_000, fixed: 30_000 } as const

/** An existing stream or consumer does not match the configuration. */
class Unsuitable extends Error {}

/**
 * Finds the stream and consumer of each queue, or creates them as configured. Remembers the stream of each subject for
 * the life of the connection.
 */
export class Bindings {
  readonly #jetStream: JetStream
  readonly #config: NatsConfig
  readonly #version: string
  readonly #streams = new Map<string, Promise<string>>()

  constructor(jetStream: JetStream, config: NatsConfig, version: string) {
    this.#jetStream = jetStream
    this.#config = config
    this.#version = version
  }

  /**
   * Returns the name of the stream that stores the subject of a queue.
   * @param deadline `clock.monotonic()` milliseconds
   * @throws Unsuitable, UnsupportedError, JetStreamApiError, and the errors of a request
   */
  stream(queue: string, subject: string, deadline: number): Promise<string> {
    const known = this.#streams.get(subject)
    if (known !== undefined) return known
    const binding = this.#bindStream(queue, subject, deadline)
    this.#streams.set(subject, binding)
    binding.catch(() => this.#streams.delete(subject))
    return binding
  }

  /** Forgets the stream of a subject, so that the next call looks it up again. */
  forget(subject: string): void {
    this.#streams.delete(subject)
  }

  /** Returns the consumer of a queue with its stream. @throws as `stream` does */
  async consumer(queue: string, subject: string, deadline: number): Promise<ConsumerBinding> {
    const stream = await this.stream(queue, subject, deadline)
    const consumer = this.#config.consumer.name ?? `nemo-${nameFor(queue)}`
    const found = await this.#unlessMissing(
      `CONSUMER.INFO.${stream}.${consumer}`,
      API_ERROR.consumerNotFound,
      deadline,
    )
    const answer =
      found ??
      (await this.#jetStream.call(
        `CONSUMER.DURABLE.CREATE.${stream}.${consumer}`,
        { stream_name: stream, config: this.#consumerConfig(consumer, subject) },
        deadline,
      ))
    const config = (answer.config ?? {}) as ConsumerConfig
    checkConsumer(consumer, subject, config)
    return {
      stream,
      consumer,
      maxDeliver: config.max_deliver ?? -1,
      limits: {
        ackWaitMs: (config.ack_wait ?? 0) / NANOS_PER_MS,
        maxBatch: config.max_batch ?? 0,
        maxExpiresMs: Math.floor((config.max_expires ?? 0) / NANOS_PER_MS),
      },
    }
  }

  async #bindStream(queue: string, subject: string, deadline: number): Promise<string> {
    const { name, create } = this.#config.stream
    if (name !== undefined) return this.#bindNamed(name, subject, deadline)
    const found = await this.#streamOf(subject, deadline)
    if (found !== undefined) return found
    if (!create)
      throw new Unsuitable(
        `no stream stores the subject ${subject}, and stream.create is false: create the stream, or set stream.create = true`,
      )
    try {
      return await this.#create(nameFor(queue), [subject], deadline)
    } catch (error) {
      const made = isMadeMeanwhile(error) ? await this.#streamOf(subject, deadline) : undefined
      if (made === undefined) throw error
      return made
    }
  }

  async #streamOf(subject: string, deadline: number): Promise<string | undefined> {
    const { streams } = await this.#jetStream.call('STREAM.NAMES', { subject }, deadline)
    const found = Array.isArray(streams) ? (streams[0] as unknown) : undefined
    return typeof found === 'string' ? found : undefined
  }

  async #bindNamed(name: string, subject: string, deadline: number): Promise<string> {
    const { create, subjects } = this.#config.stream
    const info = () => this.#unlessMissing(`STREAM.INFO.${name}`, API_ERROR.streamNotFound, deadline)
    let found = await info()
    if (found === undefined) {
      if (!create)
        throw new Unsuitable(
          `stream ${name} does not exist, and stream.create is false: create the stream, or set stream.create = true`,
        )
      try {
        return await this.#create(name, withSubject(subjects, subject), deadline)
      } catch (error) {
        if (!isMadeMeanwhile(error)) throw error
        found = await info()
        if (found === undefined) throw error
      }
    }
    const config = found.config as { subjects?: readonly string[] }
    const kept = config.subjects ?? []
    if (kept.some((pattern) => covers(pattern, subject))) return name
    if (!create)
      throw new Unsuitable(
        `stream ${name} does not store the subject ${subject}, and stream.create is false: add the subject to the stream, or set stream.create = true`,
      )
    await this.#jetStream.call(`STREAM.UPDATE.${name}`, { ...config, subjects: [...kept, subject] }, deadline)
    return name
  }

  async #create(name: string, subjects: readonly string[], deadline: number): Promise<string> {
    const { stream } = this.#config
    if (stream.compression !== 'none' && !isAtLeast(this.#version, '2.10.0'))
      throw new UnsupportedError(
        `stream compression on NATS server ${this.#version} (requires 2.10.0)`,
        NEVER_SENT,
      )
    const config = {
      name,
      subjects,
      storage: stream.storage,
      num_replicas: stream.replicas,
      retention: stream.retention,
      discard: stream.discard,
      max_age: nanos(stream.max_age ?? 0),
      max_bytes: stream.max_bytes ?? -1,
      max_msgs: stream.max_messages ?? -1,
      max_msg_size: -1,
      max_msgs_per_subject: -1,
      max_consumers: -1,
      duplicate_window: nanos(Math.min(stream.duplicate_window, stream.max_age ?? Number.POSITIVE_INFINITY)),
      ...(stream.compression !== 'none' && { compression: stream.compression }),
    }
    await this.#jetStream.call(`STREAM.CREATE.${name}`, config, deadline)
    return name
  }

  #consumerConfig(name: string, subject: string): object {
    const { extend, max_ack_pending } = this.#config.consumer
    const { ack_wait = extend ? ACK_WAIT_MS.extended : ACK_WAIT_MS.fixed } = this.#config.consumer
    return {
      durable_name: name,
      filter_subject: subject,
      ack_policy: 'explicit',
      ack_wait: nanos(ack_wait),
      max_ack_pending,
      deliver_policy: 'all',
      replay_policy: 'instant',
      // The adapter enforces max_deliver itself: the server also counts deliveries that no handler has seen.
      max_deliver: -1,
    }
  }

  /** @returns the API's answer, or undefined if the API says that the object does not exist */
  async #unlessMissing(
    call: string,
    missing: number,
    deadline: number,
  ): Promise<Record<string, unknown> | undefined> {
    try {
      return await this.#jetStream.call(call, undefined, deadline)
    } catch (error) {
      if (error instanceof JetStreamApiError && error.number === missing) return undefined
      throw error
    }
  }
}

interface ConsumerConfig {
  readonly filter_subject?: string
  readonly ack_policy?: string
  readonly ack_wait?: number
  readonly deliver_subject?: string
  readonly max_deliver?: number
  readonly max_batch?: number
  readonly max_expires?: number
}

function checkConsumer(name: string, subject: string, config: ConsumerConfig): void {
  const { filter_subject: filter, ack_policy, deliver_subject } = config
  if (deliver_subject !== undefined)
    throw new Unsuitable(`expected a pull consumer, but consumer ${name} has a deliver subject`)
  if (ack_policy !== 'explicit')
    throw new Unsuitable(`consumer ${name}: expected ack policy explicit, found ${ack_policy}`)
  if (filter !== undefined && filter !== '' && !covers(filter, subject))
    throw new Unsuitable(`consumer ${name}: expected a filter that covers ${subject}, found ${filter}`)
}

function withSubject(subjects: readonly string[], subject: string): readonly string[] {
  return subjects.some((pattern) => covers(pattern, subject)) ? subjects : [...subjects, subject]
}

/** Returns whether a pattern with wildcards matches a subject without wildcards. */
function covers(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.')
  const tokens = subject.split('.')
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '>') return tokens.length > i
    if (wanted[i] !== '*' && wanted[i] !== tokens[i]) return false
  }
  return wanted.length === tokens.length
}

/**
 * Returns the name of a stream or consumer for a queue. Names cannot contain dots or slashes, and the hash keeps the
 * names of two queues different.
 */
function nameFor(queue: string): string {
  const name = queue.replace(/[\s.*>/\\]/g, '_')
  if (name === queue) return name
  return `${name}-${createHash('sha256').update(queue).digest('hex').slice(0, 8)}`
}

/**
 * Returns whether another client may have created the stream after our lookup. The server checks names before subjects
 * without a lock, so a concurrent creation of the same stream can be reported as an overlap of subjects.
 */
function isMadeMeanwhile(error: unknown): boolean {
  const { streamNameInUse, subjectsOverlap } = API_ERROR
  return (
    error instanceof JetStreamApiError &&
    (error.number === streamNameInUse || error.number === subjectsOverlap)
  )
}
