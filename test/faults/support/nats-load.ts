import { expect } from 'vitest'
import { Gateway } from '../../../src/index.js'
import { waitFor } from '../../support/wait-for.js'
import { connected } from './kill.js'
import { Numbers } from './numbers.js'
import { atPace } from './pace.js'
import { Settlements } from './settled.js'

const PER_SECOND = 400
/** Longer than this, and a promise hangs: an operation's own time-out is less than half of it. */
const SETTLE_MS = 30_000

/** The figures of one round of load. */
export interface Round {
  readonly acknowledged: number
  readonly sent: number
}

/**
 * A gateway with one integration at a NATS server, under load: it sends to a queue, consumes it, publishes to a
 * topic and subscribes to it, all the time.
 */
export class NatsLoad {
  readonly gateway: Gateway
  readonly #heard = new Numbers()
  readonly #handled = new Numbers()
  readonly #settlements = new Settlements()
  readonly #acknowledged = new Set<number>()
  #last = 0

  private constructor(gateway: Gateway) {
    this.gateway = gateway
  }

  /** @param settings of the integration, beside its endpoint */
  static async start(port: number, settings: object = {}): Promise<NatsLoad> {
    const gateway = await Gateway.start({
      integrations: {
        events: {
          type: 'nats',
          endpoint: { address: '127.0.0.1', port },
          timeout: '3s',
          reconnect: { delay: '50ms', max_delay: '200ms' },
          // Everything that is under way when a connection is lost counts as a failure; how long the breaker stays
          // open after that is not what this is about.
          circuit_breaker: { failure_threshold: 1_000_000 },
          ...settings,
        },
      },
    } as Parameters<typeof Gateway.start>[0])
    const load = new NatsLoad(gateway)
    await connected(gateway, 'events')
    await load.#listen()
    return load
  }

  async #listen(): Promise<void> {
    const subscription = await this.gateway.pubsub('events').subscribe<number>('ticks/+')
    void (async () => {
      for await (const { value } of subscription) this.#heard.add(value)
    })()
    const consumer = this.gateway.queue('events').consume<number>('jobs', { concurrency: 50 })
    void consumer.each(({ value }) => this.#handled.add(value))
  }

  /**
   * Keeps the load up while `ordeal` is done to the server or the network, which have to be well again when it
   * resolves. Then: the subscription has resumed, every promise settles, and what was acknowledged is handled.
   */
  async through(ordeal: () => Promise<void>): Promise<Round> {
    const first = this.#last
    const acknowledgedBefore = this.#acknowledged.size
    const flow = atPace(PER_SECOND, () => this.#tick())
    await waitFor(() => this.#acknowledged.size > acknowledgedBefore + 20, { what: 'the load to run' })
    await ordeal()
    const healedAt = this.#last
    await waitFor(() => [...this.#heard].some((n) => n > healedAt), {
      what: () => {
        const { events } = this.gateway.metrics().integrations
        return `the subscription to resume; healed at ${healedAt} of ${this.#last}: ${JSON.stringify(events)}`
      },
      timeoutMs: 20_000,
    })
    await flow.stop()
    await this.#settlements.allSettled(SETTLE_MS)
    this.#settlements.expectTyped()
    await waitFor(() => this.#handled.missing(this.#acknowledged).length === 0, {
      what: () =>
        `${this.#handled.missing(this.#acknowledged).length} acknowledged messages that are missing`,
      timeoutMs: 20_000,
    })
    expect(this.gateway.connections.status('events').restarts).toBe(0)
    return { acknowledged: this.#acknowledged.size - acknowledgedBefore, sent: this.#last - first }
  }

  stop(): Promise<void> {
    return this.gateway.shutdown({ timeout: 0 })
  }

  #tick(): void {
    const n = this.#last++
    const { gateway } = this
    this.#settlements.follow(`send ${n}`, gateway.queue('events').send('jobs', n), ({ ok }) => {
      if (ok) this.#acknowledged.add(n)
    })
    this.#settlements.follow(`publish ${n}`, gateway.pubsub('events').publish('ticks/x', n))
    if (n % 10 === 0)
      this.#settlements.follow(`call ${n}`, gateway.rpc('events').call('nobody', n, { timeout: '2s' }))
  }
}
