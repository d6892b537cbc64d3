import fc from 'fast-check'
import type { Fault, Gateway, QueueConsumer, Subscription } from '../../../src/index.js'
import type { Mosquitto } from '../../support/mosquitto.js'
import { waitFor } from '../../support/wait-for.js'
import { Settlements } from './settled.js'

export const INTEGRATIONS = ['memory', 'events'] as const
type Integration = (typeof INTEGRATIONS)[number]

/** One thing that an application or the world around it does. */
export type Step =
  | { readonly do: 'publish'; readonly on: Integration; readonly qos: 0 | 1 | 2; readonly limit: Limit }
  | {
      readonly do: 'subscribe' | 'receive' | 'send' | 'call' | 'batch'
      readonly on: Integration
      readonly limit: Limit
    }
  | {
      readonly do: 'notify' | 'recv' | 'close' | 'ack' | 'nack' | 'consume' | 'end-consumer'
      readonly on: Integration
    }
  | { readonly do: 'serve' | 'reconnect'; readonly on: Integration }
  | { readonly do: 'kill'; readonly on: Integration; readonly fault: Fault }
  | { readonly do: 'health' | 'abort' | 'break' | 'repair' | 'freeze' | 'thaw' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'shutdown'; readonly timeoutMs: number }

/** Who ends an operation early. */
export type Limit = 'none' | 'signal' | 'aborted' | 'soon' | 'at-once'

const on = fc.constantFrom(...INTEGRATIONS)
const limit = fc.constantFrom<Limit>('none', 'none', 'signal', 'aborted', 'soon', 'at-once')
const fault = fc.constantFrom<Fault>('throw', 'reject', 'exit', 'spin')

const operation: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('publish' as const), on, qos: fc.constantFrom<0 | 1 | 2>(0, 1, 2), limit }),
  fc.record({
    do: fc.constantFrom(
      'subscribe' as const,
      'receive' as const,
      'send' as const,
      'call' as const,
      'batch' as const,
    ),
    on,
    limit,
  }),
  fc.record({
    do: fc.constantFrom(
      'notify' as const,
      'recv' as const,
      'close' as const,
      'ack' as const,
      'nack' as const,
      'consume' as const,
      'end-consumer' as const,
      'serve' as const,
    ),
    on,
  }),
)
const disturbance: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('kill' as const), on, fault }),
  fc.record({ do: fc.constant('reconnect' as const), on }),
  fc.record({
    do: fc.constantFrom(
      'health' as const,
      'abort' as const,
      'break' as const,
      'repair' as const,
      'freeze' as const,
      'thaw' as const,
    ),
  }),
)
const wait: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('wait' as const),
  ms: fc.integer({ min: 0, max: 60 }),
})
const shutdown: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('shutdown' as const),
  timeoutMs: fc.constantFrom(0, 50, 1_000),
})

const busy = fc.oneof(
  { weight: 20, arbitrary: operation },
  { weight: 5, arbitrary: disturbance },
  { weight: 5, arbitrary: wait },
)

/** Much is done, the gateway may be shut down in the middle of it, and some people do not notice that. */
export const steps: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.array(busy, { minLength: 20, maxLength: 120 }),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(shutdown, { minLength: 1, maxLength: 2 }) },
    ),
    fc.array(busy, { maxLength: 15 }),
  )
  .map((parts) => parts.flat())

/** Does the steps, one after the other, and waits for none of the promises: those it follows. */
export class Interleaving {
  readonly settlements = new Settlements()
  readonly #gateway: Gateway
  readonly #broker: Mosquitto
  readonly #subscriptions: Subscription[] = []
  readonly #consumers: QueueConsumer[] = []
  readonly #deliveries: string[] = []
  #aborts: AbortController[] = []
  #n = 0

  constructor(gateway: Gateway, broker: Mosquitto) {
    this.#gateway = gateway
    this.#broker = broker
  }

  async run(script: readonly Step[]): Promise<void> {
    for (const step of script) await this.#take(step)
  }

  /** Ends what would wait for ever; without a shutdown to help, every promise must settle now. */
  async settle(timeoutMs: number): Promise<void> {
    await mend(this.#broker)
    await waitFor(
      () => {
        for (const subscription of this.#subscriptions.splice(0)) this.#follow('close', subscription.close())
        for (const consumer of this.#consumers.splice(0)) this.#follow('close', consumer.close())
        return this.settlements.pending === 0
      },
      { timeoutMs, what: () => `promises to settle: ${this.settlements.open.slice(0, 5).join(', ')}` },
    )
  }

  #follow<T>(what: string, promise: Promise<T>, then?: (value: T) => void): void {
    this.settlements.follow(`${what} (step ${++this.#n})`, promise, (outcome) => {
      if (outcome.ok) then?.(outcome.value as T)
    })
  }

  #options(limit: Limit): { signal?: AbortSignal; timeout?: number } {
    if (limit === 'soon') return { timeout: 40 }
    if (limit === 'at-once') return { timeout: 0 }
    if (limit === 'none') return {}
    const controller = new AbortController()
    if (limit === 'aborted') controller.abort()
    else this.#aborts.push(controller)
    return { signal: controller.signal }
  }

  async #take(step: Step): Promise<void> {
    const gateway = this.#gateway
    const broker = this.#broker
    const what = JSON.stringify(step)
    switch (step.do) {
      case 'publish': {
        const options = { qos: step.qos, ...this.#options(step.limit) }
        return this.#follow(what, gateway.pubsub(step.on).publish('topic', { n: this.#n }, options))
      }
      case 'subscribe': {
        const subscribing = gateway
          .pubsub(step.on)
          .subscribe('topic', { qos: 1, ...this.#options(step.limit) })
        return this.#follow(what, subscribing, (subscription) => this.#subscriptions.push(subscription))
      }
      case 'recv':
        for (const subscription of this.#subscriptions) this.#follow(what, subscription.recv())
        return
      case 'close': {
        const subscription = this.#subscriptions.shift()
        return subscription && this.#follow(what, subscription.close())
      }
      case 'send':
        return this.#follow(
          what,
          gateway.queue(step.on).send('jobs', { n: this.#n }, this.#options(step.limit)),
        )
      case 'receive':
        return this.#follow(
          what,
          gateway.queue(step.on).receive('jobs', this.#options(step.limit)),
          (message) => {
            if (message !== undefined) this.#deliveries.push(message.id)
          },
        )
      case 'ack':
      case 'nack': {
        const id = this.#deliveries.shift()
        return id === undefined ? undefined : this.#follow(what, gateway.queue(step.on)[step.do](id))
      }
      case 'consume': {
        const consumer = gateway.queue(step.on).consume('jobs', { concurrency: 2, maxDeliveries: 3 })
        this.#consumers.push(consumer)
        return this.#follow(
          what,
          consumer.each(() => {}),
        )
      }
      case 'end-consumer': {
        const consumer = this.#consumers.shift()
        return consumer && this.#follow(what, consumer.close())
      }
      case 'call':
        return this.#follow(
          what,
          gateway.rpc(step.on).call('method', [1], { idempotent: true, ...this.#options(step.limit) }),
        )
      case 'batch':
        return this.#follow(
          what,
          gateway.rpc(step.on).batch([{ method: 'method' }, { method: 'none' }], this.#options(step.limit)),
        )
      case 'notify':
        return this.#follow(what, gateway.rpc(step.on).notify('method'))
      case 'serve':
        return this.#follow(
          what,
          gateway
            .server(step.on)
            .register('method', () => 'answer')
            .serve(),
        )
      case 'kill':
        return this.#follow(what, gateway.connections.inject(step.on, step.fault))
      case 'reconnect':
        return this.#follow(what, gateway.connections.reconnect(step.on))
      case 'health':
        return this.#follow(what, gateway.connections.healthCheck())
      case 'abort':
        for (const controller of this.#aborts.splice(0)) controller.abort(new Error('no longer wanted'))
        return
      case 'break':
        return broker.running ? broker.kill() : undefined
      case 'repair':
        return mend(broker)
      case 'freeze':
        return broker.running ? broker.pause() : undefined
      case 'thaw':
        return broker.running ? broker.resume() : undefined
      case 'wait':
        return new Promise((resolve) => setTimeout(resolve, step.ms))
      case 'shutdown':
        return this.#follow(what, gateway.shutdown({ timeout: step.timeoutMs }))
    }
  }
}

/** The broker runs and answers. */
export async function mend(broker: Mosquitto): Promise<void> {
  if (broker.running) broker.resume()
  else await broker.restart()
}
