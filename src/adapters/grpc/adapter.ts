import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js'
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
import { type Connection, connect } from './connection.js'
import { checkHealth } from './health.js'
import type { GrpcConfig } from './manifest.js'
import { subscribe } from './subscriber.js'

type State =
  | { readonly kind: 'down' }
  /** `lost`: it was said that it is gone; calls may still be under way. */
  | { readonly kind: 'up' | 'lost'; readonly connection: Connection }

/** gRPC over HTTP/2, as a client: calls of every kind, streams as subscriptions, messages to open streams. */
export const grpcAdapter: AdapterFactory = (context) => new GrpcAdapter(context)

class GrpcAdapter implements ProtocolAdapter {
  readonly protocol = 'grpc'
  readonly rpc: RpcFacet
  readonly pubsub: PubSubFacet
  readonly #context: AdapterContext
  readonly #config: GrpcConfig
  #authorization: Authorization | undefined
  #state: State = { kind: 'down' }

  constructor(context: AdapterContext) {
    // The library writes to the console otherwise; what matters comes as an error.
    setLogVerbosity(logVerbosity.NONE)
    this.#context = context
    // The gateway has checked and completed it with the schema of the manifest.
    this.#config = context.settings.config as unknown as GrpcConfig
    const full = this.#config.response_metadata
    this.rpc = {
      call: async (method, params, operation) => call(this.#up().link, method, params, operation, full),
      notify: async (method, params, operation) =>
        void (await call(this.#up().link, method, params, operation, false)),
    }
    this.pubsub = {
      publish: async (topic, payload, options, operation) =>
        this.#up().publisher.publish(topic, payload, options, operation),
      subscribe: async (pattern, options, sink, operation) => {
        const { link, streams } = this.#up()
        return subscribe(link, streams, pattern, options, sink, operation)
      },
    }
  }

  async connect(signal: AbortSignal): Promise<void> {
    await this.#leave()
    this.#authorization ??= new Authorization(this.#context, this.#config.metadata)
    let connection: Connection | undefined
    connection = await connect(this.#context, this.#config, this.#authorization, signal, (error) =>
      this.#lost(connection, error),
    )
    this.#state = { kind: 'up', connection }
  }

  async disconnect(): Promise<void> {
    await this.#leave()
    this.#authorization?.close()
  }

  async ping(signal: AbortSignal): Promise<void> {
    await checkHealth(this.#up().link, this.#config.health_service ?? '', signal)
  }

  /** A channel has its addresses from the start; calls under way end on the one they are on. */
  addressesChanged(): void {
    if (this.#state.kind === 'up')
      this.#lost(this.#state.connection, new ConnectionError('the service has other addresses now'))
  }

  async #leave(): Promise<void> {
    const before = this.#state
    this.#state = { kind: 'down' }
    if (before.kind !== 'down') await before.connection.close()
  }

  #up(): Connection {
    if (this.#state.kind === 'up') return this.#state.connection
    throw new ConnectionError('not connected', { integration: this.#context.settings.name })
  }

  /** Says it once for a connection, and not for one that was replaced or ended. */
  #lost(connection: Connection | undefined, error: ConnectionError): void {
    if (connection === undefined || this.#state.kind !== 'up' || this.#state.connection !== connection) return
    this.#state = { kind: 'lost', connection }
    connection.abandon()
    this.#context.connectionLost(error)
  }
}
