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

/** The integration that the cases are about, and another one at the same broker. */
export type Side = 'subject' | 'other'

/** So patient with an actor that is asked to stop that one that does not stop by itself is seen to hang. */
const SUPERVISION = { restart: 'permanent', max_restarts: 100, within: '60s', shutdown: '60s' }
const RECONNECT = { enabled: true, max_attempts: -1, delay: '50ms', max_delay: '200ms' }
const AROUND = { supervision: SUPERVISION, reconnect: RECONNECT }

/** What one case works with: a gateway with real threads, and names that no other case has. */
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

  /** The same gateway for another case. */
  next(): CaseContext {
    return new CaseContext(this.gateway, this.#options)
  }

  /** Whether both integrations are connected and have not been restarted. */
  get isUndisturbed(): boolean {
    const statuses = (['subject', 'other'] as const).map((side) => this.gateway.connections.status(side))
    return statuses.every(({ state, restarts }) => state === 'connected' && restarts === 0)
  }

  /** Another gateway at the same broker, with the integration `other` alone. Ends with the case. */
  async peer(): Promise<Gateway> {
    const peer = await start({ integrations: { other: await secondOf(this.#options) } })
    this.#peers.push(peer)
    await eventually(() => peer.connections.status('other').state === 'connected', 'the peer is connected')
    return peer
  }

  /** A gateway whose integration `subject` cannot connect. Ends with the case. */
  async unreachable(): Promise<Gateway> {
    const subject = { ...(await this.#options.unreachable!()), ...AROUND }
    const peer = await start({ integrations: { subject } })
    this.#peers.push(peer)
    return peer
  }

  /** A method that this protocol cannot serve. */
  get unservable(): string {
    return this.#options.unservable!
  }

  /** Ends every gateway of the case. */
  async end(): Promise<void> {
    await Promise.all([this.gateway.shutdown({ timeout: 100 }), this.endPeers()])
  }

  /** Ends the gateways that the case has started. */
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

  /** A topic, queue or method that no other case has. */
  name(name: string): string {
    return this.#address(`${this.#prefix}/${name}`)
  }

  /** The name under which a method of the service can be called. */
  method(name: ComplianceMethod): string {
    return this.#served ? name : this.name(name)
  }

  /** Serves the methods of the service, unless the test does. */
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

  /** Kills the actor and waits until its successor runs. */
  async crash(side: Side = 'subject'): Promise<void> {
    const restarted = this.restarted(side)
    await this.kill(side)
    await soon(restarted, 'the actor is restarted')
  }

  /** Kills the actor: it dies within its next turn. */
  async kill(side: Side = 'subject'): Promise<void> {
    // It may die before it has said that it will.
    await this.gateway.connections.inject(side, 'throw').catch(() => {})
  }

  /** Resolves when the actor has been restarted next. */
  restarted(side: Side = 'subject'): Promise<void> {
    return new Promise((resolve) => {
      const end = this.gateway.on('actor:restarted', ({ integration }) => {
        if (integration !== side) return
        end()
        resolve()
      })
    })
  }

  /** The next `count` messages of a subscription. */
  async take<T>(subscription: Subscription<T>, count: number): Promise<Message<T>[]> {
    const messages: Message<T>[] = []
    while (messages.length < count) {
      const message = await soon(subscription.recv(), `message ${messages.length + 1} of ${count}`)
      assert.ok(message !== undefined, 'the subscription ended too early')
      messages.push(message)
    }
    return messages
  }

  /** The next message of a queue; fails when there is none. */
  async receive<T = unknown>(queue: string, side: Side = 'subject'): Promise<QueueMessage<T>> {
    const message = await soon(
      this.queue(side).receive<T>(queue, { timeout: '10s' }),
      `receive from ${queue}`,
    )
    assert.ok(message !== undefined, 'there is a message in the queue')
    return message
  }

  /** Asserts that a queue has no message now. */
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
