import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js'
import type {
  AdapterContext,
  AdapterFactory,
  AdapterSubscription,
  InboundRequest,
  MessageSink,
  ProtocolAdapter,
  ServiceFacet,
} from '../../../core/adapter.js'
import { ConnectionError, SubscribeError } from '../../../core/errors.js'
import { asIs } from '../bytes.js'
import type { GrpcServerConfig } from '../manifest.js'
import { headersOf } from '../metadata.js'
import { handlerOf } from './handler.js'
import { type Listener, listen } from './listener.js'

/** gRPC over HTTP/2, as a server: it listens while it is "connected", and serves what is registered. */
export const grpcServerAdapter: AdapterFactory = (context) => new GrpcServerAdapter(context)

class GrpcServerAdapter implements ProtocolAdapter {
  readonly protocol = 'grpc'
  readonly service: ServiceFacet
  readonly #context: AdapterContext
  readonly #config: GrpcServerConfig
  #listener: Listener | undefined

  constructor(context: AdapterContext) {
    setLogVerbosity(logVerbosity.NONE)
    this.#context = context
    this.#config = context.settings.config as unknown as GrpcServerConfig
    this.service = {
      serve: async (method, sink) => this.#serve(method, sink),
    }
  }

  /** @throws ConnectionError when the address cannot be listened on, or a file cannot be used */
  async connect(signal: AbortSignal): Promise<void> {
    await this.disconnect()
    const listener = await listen(this.#context, this.#config)
    if (signal.aborted) {
      await listener.close()
      throw signal.reason
    }
    this.#listener = listener
  }

  async disconnect(): Promise<void> {
    const before = this.#listener
    this.#listener = undefined
    await before?.close()
  }

  #serve(name: string, sink: MessageSink<InboundRequest>): AdapterSubscription {
    const listener = this.#listener
    const integration = this.#context.settings.name
    if (listener === undefined) throw new ConnectionError('not listening', { integration })
    const method = listener.methods.get(name)
    let isHeld = false
    const { type, handle } = handlerOf(method, this.#context.settings.limits.frame, (call) => {
      if (isHeld) return false
      const headers = headersOf(call.metadata)
      const payload = new Uint8Array(0)
      const { params, answer } = call
      isHeld = !sink.deliver({ topic: name, payload, params, headers, answer })
      return true
    })
    if (!listener.server.register(method.path, handle, asIs, asIs, type))
      throw new SubscribeError(name, 'the method is served already', { integration })
    const service = method.path.slice(1, method.path.lastIndexOf('/'))
    listener.health.add(service)
    let closed = false
    return {
      resume() {
        isHeld = false
      },
      async close() {
        if (closed) return
        closed = true
        listener.server.unregister(method.path)
        listener.health.remove(service)
      },
    }
  }
}
