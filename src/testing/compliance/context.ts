import assert from 'node:assert/strict'
import type { Message } from '../../client/message.js'
import type { PubSubClient } from '../../client/pubsub-client.js'
import type { QueueClient } from '../../client/queue-client.js'
import type { QueueMessage } from '../../client/queue-message.js'
import type { RpcClient } from '../../client/rpc-client.js'
import type { Subscription } from '../../client/subscription.js'
import { systemRandom } from '../../core/random.js'
import { Gateway } from '../../gateway.js'
import type { IntegrationMetrics } from '../../gateway-metrics.js'
import type { RpcServer } from '../../server/rpc-server.js'
import type { CaseSettings } from './case-settings.js'
import type { ComplianceOptions } from './options.js'
import { type ComplianceMethod, ComplianceService, isComplianceMethod } from './service.js'
import { structured } from './structured.js'
import { eventually, soon } from './waiting.js'

/** The integration under test, and another one at the same broker. */
export type Side = 'subject' | 'other'

/** `shutdown` is long, so that an actor that does not stop on its own hangs visibly. */
const SUPERVISION = { restart: 'permanent', max_restarts: 100, within: '60s', shutdown: '60s' }
const RECONNECT = { enabled: true, max_attempts: -1, delay: '50ms', max_delay: '200ms' }
const AROUND = { supervision: SUPERVISION, reconnect: RECONNECT }

/** The context of one case: a gateway with real threads, and names that are unique to the case. */
export class CaseContext {
  readonly gateway: Gateway
  readonly features: ComplianceOptions['features']
  readonly restartBroker: (() => Promise<void>) | undefined
  readonly #options: ComplianceOptions
  readonly #peers: Gateway[] = []
  readonly #address: (name: string) => string
  readonly #served: boolean
  readonly #server: string | undefined
  readonly #structured: boolean
  readonly #prefix = `nemo${systemRandom.bytes(4).toString('hex')}`

  private constructor(gateway: Gateway, options: ComplianceOptions) {
    this.gateway = gateway
    this.features = options.features
    this.restartBroker = options.restartBroker
    this.#address = options.address ?? ((name) => name)
    this.#options = options
    this.#served = options.served === true
    this.#server = options.server
    this.#structured = options.structured === true
  }

  /** Starts a gateway and waits until both integrations are connected. */
  static async start(
    options: ComplianceOptions,
    { mailbox, settings, logger }: CaseSettings = {},
  ): Promise<CaseContext> {
    const subject = { ...(await options.integration()), ...AROUND, ...(mailbox && { mailbox }), ...settings }
    const other = await secondOf(options)
    const gateway = await start({ ...options.surroundings, integrations: { subject, other } }, logger)
    const context = new CaseContext(gateway, options)
    try {
      await context.connected()
    } catch (error) {
      await gateway.shutdown({ timeout: 0 })
      throw error
    }
    return context
  }

  /** Returns a context with the same gateway for another case. */
  next(): CaseContext {
    return new CaseContext(this.gateway, this.#options)
  }

  /** Whether both integrations are connected and were not restarted. */
  get isUndisturbed(): boolean {
    const statuses = (['subject', 'other'] as const).map((side) => this.gateway.connections.status(side))
    return statuses.every(({ state, restarts }) => state === 'connected' && restarts === 0)
  }

  /** Starts another gateway at the same broker with only the integration `other`. It ends with the case. */
  async peer(): Promise<Gateway> {
    const peer = await start({ integrations: { other: await secondOf(this.#options) } })
    this.#peers.push(peer)
    await eventually(() => peer.connections.status('other').state === 'connected', 'the peer is connected')
    return peer
  }

  /** Starts a gateway whose integration `subject` cannot connect. It ends with the case. */
  async unreachable(): Promise<Gateway> {
    const subject = { ...(await this.#options.unreachable!()), ...AROUND }
    const peer = await start({ integrations: { subject } })
    this.#peers.push(peer)
    return peer
  }

  /** Makes the broker refuse messages for a queue. @returns makes it accept them */
  refuse(queue: string): Promise<() => Promise<void>> {
    return soon(this.#options.refuseQueue!(queue, this.gateway), `${queue} refuses messages`)
  }

  /** Name of a method that the protocol cannot serve. */
  get unservable(): string {
    return this.#options.unservable!
  }

  /** Shuts down every gateway of the case. */
  async end(): Promise<void> {
    await Promise.all([this.gateway.shutdown({ timeout: 100 }), this.endPeers()])
  }

  /** Shuts down the gateways that the case has started. */
  async endPeers(): Promise<void> {
    await Promise.all(this.#peers.splice(0).map((gateway) => gateway.shutdown({ timeout: 100 })))
  }

  pubsub(side: Side = 'subject'): PubSubClient {
    const client = this.gateway.pubsub(side)
    return this.#structured ? structured(client) : client
  }

  queue(side: Side = 'subject'): QueueClient {
    return this.gateway.queue(side)
  }

  rpc(side: Side = 'subject'): RpcClient {
    return this.gateway.rpc(side)
  }

  server(side: Side = 'other'): RpcServer {
    return this.gateway.server(this.#server ?? side)
  }

  metrics(side: Side = 'subject'): IntegrationMetrics {
    return this.gateway.metrics().integrations[side]!
  }

  /** Returns a topic, queue or method name that is unique to the case. */
  name(name: string): string {
    return this.#address(`${this.#prefix}/${name}`)
  }

  /** Returns the name under which a method of the service can be called. */
  method(name: ComplianceMethod): string {
    return this.#served ? name : this.name(name)
  }

  /** Serves the methods of the service, unless the test serves them. */
  async serve(side: Side = 'other'): Promise<void> {
    if (this.#served) return
    const service = new ComplianceService()
    const server = this.server(side)
    for (const method of ['echo', 'fail', 'slow', 'remember', 'recall']) {
      assert.ok(isComplianceMethod(method))
      server.register(this.method(method), (params) => service.handle(method, params))
    }
    await soon(server.serve(), 'serve')
  }

  async connected(side?: Side): Promise<void> {
    const sides: readonly Side[] = side === undefined ? ['subject', 'other'] : [side]
    await eventually(
      () => sides.every((each) => this.gateway.connections.status(each).state === 'connected'),
      'both integrations are connected',
    )
  }

  /** Crashes the actor and waits until it has restarted. */
  async crash(side: Side = 'subject'): Promise<void> {
    const restarted = this.restarted(side)
    await this.kill(side)
    await soon(restarted, 'the actor is restarted')
  }

  /** Crashes the actor within its next turn. */
  async kill(side: Side = 'subject'): Promise<void> {
    // The actor may die before it acknowledges the request.
    await this.gateway.connections.inject(side, 'throw').catch(() => {})
  }

  /** Resolves at the next restart of the actor. */
  restarted(side: Side = 'subject'): Promise<void> {
    return new Promise((resolve) => {
      const end = this.gateway.on('actor:restarted', ({ integration }) => {
        if (integration !== side) return
        end()
        resolve()
      })
    })
  }

  /** Returns the next `count` messages of a subscription. */
  async take<T>(subscription: Subscription<T>, count: number): Promise<Message<T>[]> {
    const messages: Message<T>[] = []
    while (messages.length < count) {
      const message = await soon(subscription.recv(), `message ${messages.length + 1} of ${count}`)
      assert.ok(message !== undefined, 'the subscription ended too early')
      messages.push(message)
    }
    return messages
  }

  /** Returns the next message of a queue; fails if there is none. */
  async receive<T = unknown>(queue: string, side: Side = 'subject'): Promise<QueueMessage<T>> {
    const message = await soon(
      this.queue(side).receive<T>(queue, { timeout: '10s' }),
      `receive from ${queue}`,
    )
    assert.ok(message !== undefined, 'there is a message in the queue')
    return message
  }

  /** Receives and acknowledges the next `count` messages of a queue. @returns their values */
  async drain<T = unknown>(queue: string, count: number, side: Side = 'subject'): Promise<T[]> {
    const values: T[] = []
    while (values.length < count) {
      const message = await this.receive<T>(queue, side)
      values.push(message.value)
      await soon(message.ack(), 'ack')
    }
    return values
  }

  /** Asserts that a queue is empty. */
  async empty(queue: string, side: Side = 'subject'): Promise<void> {
    const message = await soon(
      this.queue(side).receive(queue, { timeout: 150 }),
      'receive with a short time-out',
    )
    assert.equal(message?.value, undefined, 'the queue is empty')
  }
}

const secondOf = async (options: ComplianceOptions): Promise<object> => ({
  ...(await (options.second ?? options.integration)()),
  ...AROUND,
})

type StartParameters = Parameters<typeof Gateway.start>

function start(source: object, logger?: CaseSettings['logger']): Promise<Gateway> {
  const options = (logger === undefined ? {} : { logger }) as StartParameters[1]
  return Gateway.start(source as StartParameters[0], options)
}
