import type { AdapterSubscription, MessageSink } from '../../../core/adapter/inbound.js'
import type {
  AdapterContext,
  AdapterFactory,
  ProtocolAdapter,
} from '../../../core/adapter/protocol-adapter.js'
import type { InboundRequest, ServiceFacet } from '../../../core/adapter/service-facet.js'
import { ConnectionError } from '../../../core/errors/connection.js'
import { SubscribeError } from '../../../core/errors/pubsub.js'
import type { ListenAddress } from '../../../core/status.js'
import { identity } from '../bytes.js'
import { muteLibrary } from '../library-log.js'
import type { GrpcServerConfig } from '../manifest.js'
import { CallsInFlight } from './calls-in-flight.js'
import { handlerOf } from './handler.js'
import { type Listener, listen } from './listener.js'
import { ServedMethod } from './served-method.js'

/** Makes the gRPC server: it listens while it is "connected" and serves registered methods. */
export const grpcServerAdapter: AdapterFactory = (context) => new GrpcServerAdapter(context)

/** State while the server listens. */
interface Listening {
  readonly listener: Listener
  readonly calls: CallsInFlight
  /** Served methods by path. */
  readonly served: Map<string, ServedMethod>
}

class GrpcServerAdapter implements ProtocolAdapter {
  readonly protocol = 'grpc'
  readonly service: ServiceFacet
  readonly #context: AdapterContext
  readonly #config: GrpcServerConfig
  #state: Listening | undefined

  constructor(context: AdapterContext) {
    muteLibrary()
    this.#context = context
    this.#config = context.settings.config as unknown as GrpcServerConfig
    this.service = {
      serve: async (method, sink) => this.#serve(method, sink),
    }
  }

  get listening(): ListenAddress | undefined {
    return this.#state?.listener.address
  }

  /** Starts listening. @throws ConnectionError if the address is unavailable or a file is unusable */
  async connect(signal: AbortSignal): Promise<void> {
    await this.disconnect()
    const listener = await listen(this.#context, this.#config)
    if (signal.aborted) {
      await listener.close()
      throw signal.reason
    }
    this.#state = { listener, calls: new CallsInFlight(this.#context, listener), served: new Map() }
  }

  /**
   * Refuses unanswered calls as unavailable, so that callers need not wait for their deadline, and closes the
   * listener.
   */
  async disconnect(): Promise<void> {
    const before = this.#state
    this.#state = undefined
    before?.listener.drain()
    before?.calls.refuseAll()
    await before?.listener.close()
  }

  #serve(name: string, sink: MessageSink<InboundRequest>): AdapterSubscription {
    const state = this.#state
    const integration = this.#context.settings.name
    if (state === undefined)
      throw new ConnectionError('the server is not listening', { integration, notExecuted: true })
    const { listener, calls, served } = state
    const method = listener.methods.get(name)
    const { path } = method
    const service = path.slice(1, path.lastIndexOf('/'))
    const mine = new ServedMethod(name, sink)
    const earlier = served.get(path)
    served.set(path, mine)
    if (earlier === undefined) {
      const maxBytes = this.#context.settings.limits.frame
      const { guard, memory, turns, dropped } = listener
      const { type, handle } = handlerOf(method, { guard, memory, maxBytes, turns, dropped }, (call) =>
        listener.isDraining ? 'shutting-down' : calls.accept(call, served.get(path)!),
      )
      if (!listener.server.register(path, handle, identity, identity, type)) {
        served.delete(path)
        throw new SubscribeError(
          name,
          'the server already serves this method itself: set "health" or "reflection" to false to replace it',
          {
            integration,
          },
        )
      }
      listener.health.add(service)
    }
    // While the server ends, the methods stay registered: grpc-js would answer UNIMPLEMENTED, which callers take as final.
    const drain = async () => listener.drain()
    return {
      resume: () => mine.resume(),
      detach: drain,
      finish: drain,
      async close() {
        // If another registration has replaced this one, the method stays served.
        if (served.get(path) !== mine) return
        served.delete(path)
        listener.server.unregister(path)
        listener.health.remove(service)
      },
    }
  }
}
