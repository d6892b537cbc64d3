import type {
  AdapterContext,
  AdapterFactory,
  ProtocolAdapter,
  PubSubFacet,
  RpcFacet,
} from '../../core/adapter.js'
import { ConnectionError } from '../../core/errors.js'
import { Authorization } from './authorization.js'
import { call } from './calls.js'
import { type Connection, connect, type Kept } from './connection.js'
import { checkHealth } from './health.js'
import { muteLibrary } from './library-log.js'
import type { GrpcConfig } from './manifest.js'
import { Move } from './move.js'
import { OpenStreams } from './open-streams.js'
import { PingInterval } from './ping-interval.js'
import { subscribe } from './subscriber.js'

type State =
  | { readonly kind: 'down' }
  /** `lost`: the actor knows that it is gone; calls may still be under way. */
  | { readonly kind: 'up' | 'lost'; readonly connection: Connection }

/** gRPC over HTTP/2, as a client: calls of every kind, streams as subscriptions, messages to open streams. */
export const grpcAdapter: AdapterFactory = (context) => new GrpcAdapter(context)

class GrpcAdapter implements ProtocolAdapter {
  readonly protocol = 'grpc'
  readonly rpc: RpcFacet
  readonly pubsub: PubSubFacet
  readonly #context: AdapterContext
  readonly #config: GrpcConfig
  readonly #streams = new OpenStreams()
  readonly #pings: PingInterval
  /** Connections whose place another has taken, until what is under way on them has ended. */
  readonly #draining = new Set<Connection>()
  readonly #move: Move
  #authorization: Authorization | undefined
  #state: State = { kind: 'down' }

  constructor(context: AdapterContext) {
    muteLibrary()
    this.#context = context
    // The gateway has checked and completed it with the schema of the manifest.
    this.#config = context.settings.config as unknown as GrpcConfig
    this.#pings = new PingInterval(this.#config.keepalive.time)
    this.#move = new Move(
      context,
      (signal) => this.#connect(signal),
      (connection) => this.#replace(connection),
    )
    const full = this.#config.response_metadata
    this.rpc = {
      call: async (method, params, operation) => call(this.#up().link, method, params, operation, full),
      notify: async (method, params, operation) =>
        void (await call(this.#up().link, method, params, operation, false)),
    }
    this.pubsub = {
      // HTTP/2 has a window for each stream (RFC 9113, section 5.2).
      holdsBack: 'subscription',
      publish: async (topic, payload, options, operation) =>
        this.#up().publisher.publish(topic, payload, options, operation),
      subscribe: async (pattern, options, sink, operation) =>
        subscribe(this.#up().link, this.#streams, pattern, options, sink, operation),
    }
  }

  async connect(signal: AbortSignal): Promise<void> {
    await this.#leave()
    this.#state = { kind: 'up', connection: await this.#connect(signal) }
  }

  async disconnect(): Promise<void> {
    await this.#leave()
    this.#pings.close()
    this.#authorization?.close()
  }

  async ping(signal: AbortSignal): Promise<void> {
    await checkHealth(this.#up().link, this.#config.health_service ?? '', signal)
  }

  /** Connects to the new addresses first; then requests go there, and those under way end where they are. */
  addressesChanged(): void {
    if (this.#state.kind === 'up') this.#move.begin()
  }

  async #connect(signal: AbortSignal): Promise<Connection> {
    this.#authorization ??= new Authorization(this.#context, this.#config.metadata)
    const kept: Kept = { authorization: this.#authorization, streams: this.#streams, pings: this.#pings }
    let connection: Connection | undefined
    connection = await connect(this.#context, this.#config, kept, signal, (error) =>
      this.#lost(connection, error),
    )
    this.#pings.watch(connection.uri)
    return connection
  }

  /** @returns false when there is nothing to replace any more. */
  #replace(connection: Connection): boolean {
    if (this.#state.kind !== 'up') return false
    const before = this.#state.connection
    this.#state = { kind: 'up', connection }
    this.#draining.add(before)
    before.drain().then(() => this.#draining.delete(before))
    return true
  }

  async #leave(): Promise<void> {
    const before = this.#state
    this.#state = { kind: 'down' }
    this.#move.stop()
    this.#streams.closeAll()
    const open = [...this.#draining, ...(before.kind === 'down' ? [] : [before.connection])]
    await Promise.all(open.map((connection) => connection.close()))
  }

  #up(): Connection {
    if (this.#state.kind === 'up') return this.#state.connection
    throw new ConnectionError('not connected', {
      integration: this.#context.settings.name,
      notExecuted: true,
    })
  }

  /** Reports the loss of the connection once, and nothing of one that was replaced or closed. */
  #lost(connection: Connection | undefined, error: ConnectionError): void {
    if (connection === undefined || this.#state.kind !== 'up' || this.#state.connection !== connection) return
    this.#state = { kind: 'lost', connection }
    this.#move.stop()
    connection.abandon()
    this.#context.connectionLost(error)
  }
}
