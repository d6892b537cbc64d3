import type { AdapterContext, AdapterFactory, ProtocolAdapter } from '../../core/adapter/protocol-adapter.js'
import type { PubSubFacet } from '../../core/adapter/pubsub-facet.js'
import type { RpcFacet } from '../../core/adapter/rpc-facet.js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { IncomingAnswers } from '../../core/incoming-answers.js'
import { Authorization } from './authorization.js'
import { call } from './calls.js'
import { type Connection, connect, type SharedState } from './connection.js'
import { checkHealth } from './health.js'
import { muteLibrary } from './library-log.js'
import type { GrpcConfig } from './manifest.js'
import { Move } from './move.js'
import { OpenStreams } from './open-streams.js'
import { PingInterval } from './ping-interval.js'
import { subscribe } from './subscriber.js'

type State =
  | { readonly kind: 'down' }
  /** `lost`: the adapter has reported the loss; calls may still be in flight. */
  | { readonly kind: 'up' | 'lost'; readonly connection: Connection }

/** Makes the gRPC client: calls of every kind, streams as subscriptions, and publishing into open streams. */
export const grpcAdapter: AdapterFactory = (context) => new GrpcAdapter(context)

class GrpcAdapter implements ProtocolAdapter {
  readonly protocol = 'grpc'
  readonly rpc: RpcFacet
  readonly pubsub: PubSubFacet
  readonly #context: AdapterContext
  readonly #config: GrpcConfig
  readonly #streams = new OpenStreams()
  readonly #incoming: IncomingAnswers
  readonly #pings: PingInterval
  /** Replaced connections, until their calls and streams have ended. */
  readonly #draining = new Set<Connection>()
  readonly #move: Move
  #authorization: Authorization | undefined
  #state: State = { kind: 'down' }

  constructor(context: AdapterContext) {
    muteLibrary()
    this.#context = context
    this.#incoming = context.answers
    // The gateway has validated the block and filled in its defaults with the schema of the manifest.
    this.#config = context.settings.config as unknown as GrpcConfig
    this.#pings = new PingInterval(this.#config.keepalive.time)
    this.#move = new Move(
      context,
      (signal) => this.#connect(signal),
      (connection) => this.#replace(connection),
    )
    const full = this.#config.response_metadata
    this.rpc = {
      call: async (method, params, operation) => call(this.#up().session, method, params, operation, full),
      notify: async (method, params, operation) =>
        void (await call(this.#up().session, method, params, operation, false)),
    }
    this.pubsub = {
      // HTTP/2 has flow control per stream (RFC 9113, section 5.2).
      holdsBack: 'subscription',
      carriesHeaders: false,
      publish: async (topic, payload, options, operation) =>
        this.#up().publisher.publish(topic, payload, options, operation),
      subscribe: async (pattern, options, sink, operation) =>
        subscribe(this.#up().session, this.#streams, pattern, options, sink, operation),
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
    await checkHealth(this.#up().session, this.#config.health_service ?? '', signal)
  }

  /**
   * Connects to the new addresses, then switches new requests over. Requests in flight end on the old connection.
   */
  addressesChanged(): void {
    if (this.#state.kind === 'up') this.#move.begin()
  }

  async #connect(signal: AbortSignal): Promise<Connection> {
    this.#authorization ??= new Authorization(this.#context, this.#config.metadata)
    const shared: SharedState = {
      authorization: this.#authorization,
      streams: this.#streams,
      pings: this.#pings,
      incoming: this.#incoming,
    }
    let connection: Connection | undefined
    connection = await connect(this.#context, this.#config, shared, signal, (error) =>
      this.#lost(connection, error),
    )
    this.#pings.watch(connection.uri)
    return connection
  }

  /** Replaces the current connection. @returns false if the adapter is not connected any more */
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

  /** Reports the loss of the current connection, once. A connection that was replaced or closed is ignored. */
  #lost(connection: Connection | undefined, error: ConnectionError): void {
    if (connection === undefined || this.#state.kind !== 'up' || this.#state.connection !== connection) return
    this.#state = { kind: 'lost', connection }
    this.#move.stop()
    connection.abandon()
    this.#context.connectionLost(error)
  }
}
