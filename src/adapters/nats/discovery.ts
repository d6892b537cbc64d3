import type { Clock } from '../../core/clock.js'
import type { Random } from '../../core/random.js'
import type { Connection } from './client/connection.js'
import type { MessageView } from './client/message-view.js'
import type { NatsConfig } from './manifest.js'

const NANOS_PER_MS = 1_000_000
const VERBS = ['PING', 'INFO', 'STATS'] as const

type Verb = (typeof VERBS)[number]

/** A served method and the statistics of its requests. */
export class EndpointStats {
  readonly name: string
  readonly subject: string
  readonly queueGroup: string
  #requests = 0
  #errors = 0
  #lastError = ''
  #processingMs = 0

  constructor(method: string, subject: string, queueGroup: string) {
    // An endpoint name cannot contain dots (NATS ADR-32).
    this.name = method.replace(/[^A-Za-z0-9_-]/g, '_')
    this.subject = subject
    this.queueGroup = queueGroup
  }

  /** Counts a request that was answered after `ms` milliseconds. */
  count(ms: number, error: Error | undefined): void {
    this.#requests++
    this.#processingMs += ms
    if (error === undefined) return
    this.#errors++
    this.#lastError = error.name
  }

  get info(): object {
    return { name: this.name, subject: this.subject, queue_group: this.queueGroup, metadata: {} }
  }

  get stats(): object {
    const nanos = Math.round(this.#processingMs * NANOS_PER_MS)
    return {
      name: this.name,
      subject: this.subject,
      queue_group: this.queueGroup,
      num_requests: this.#requests,
      num_errors: this.#errors,
      last_error: this.#lastError,
      processing_time: nanos,
      average_processing_time: this.#requests === 0 ? 0 : Math.round(nanos / this.#requests),
    }
  }
}

/**
 * Makes the served methods discoverable: answers `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS`, also with the service name
 * and id appended (NATS ADR-32). Statistics survive a reconnect.
 */
export class Discovery {
  readonly #identity: {
    readonly name: string
    readonly id: string
    readonly version: string
    readonly metadata: object
  }
  readonly #description: string
  readonly #started: string
  readonly #known = new Map<string, EndpointStats>()
  /**
   * The methods served now, with the number of their subscriptions: a replaced subscription overlaps with its
   * successor.
   */
  readonly #served = new Map<EndpointStats, number>()
  #connection: Connection | undefined

  constructor(config: NatsConfig['service'], integration: string, clock: Clock, random: Random) {
    const name = config.name ?? integration.replace(/[^A-Za-z0-9_-]/g, '-')
    this.#identity = { name, id: random.bytes(11).toString('hex'), version: config.version, metadata: {} }
    this.#description = config.description
    this.#started = new Date(clock.now()).toISOString()
  }

  /** Returns the statistics of a method. */
  endpoint(method: string, subject: string, queueGroup: string): EndpointStats {
    const known = this.#known.get(subject) ?? new EndpointStats(method, subject, queueGroup)
    this.#known.set(subject, known)
    return known
  }

  /** Announces a method as served over `connection`. @returns withdraws the announcement */
  announce(connection: Connection, stats: EndpointStats): () => void {
    if (this.#connection !== connection) {
      this.#connection = connection
      this.#served.clear()
      for (const verb of VERBS) this.#listen(connection, verb)
    }
    this.#served.set(stats, (this.#served.get(stats) ?? 0) + 1)
    let announced = true
    return () => {
      if (!announced || this.#connection !== connection) return
      announced = false
      const left = this.#served.get(stats)! - 1
      if (left > 0) this.#served.set(stats, left)
      else this.#served.delete(stats)
    }
  }

  #listen(connection: Connection, verb: Verb): void {
    const { name, id } = this.#identity
    const onMessage = ({ reply }: MessageView) => {
      if (reply === undefined || this.#served.size === 0) return
      connection.writer.publish(reply, undefined, undefined, Buffer.from(JSON.stringify(this.#answer(verb))))
    }
    for (const subject of [`$SRV.${verb}`, `$SRV.${verb}.${name}`, `$SRV.${verb}.${name}.${id}`])
      connection.subscribe(subject, undefined, { onMessage, onOversize: onMessage })
  }

  #answer(verb: Verb): object {
    const type = `io.nats.micro.v1.${verb.toLowerCase()}_response`
    const served = [...this.#served.keys()]
    switch (verb) {
      case 'PING':
        return { type, ...this.#identity }
      case 'INFO':
        return {
          type,
          ...this.#identity,
          description: this.#description,
          endpoints: served.map(({ info }) => info),
        }
      case 'STATS':
        return {
          type,
          ...this.#identity,
          started: this.#started,
          endpoints: served.map(({ stats }) => stats),
        }
    }
  }
}
