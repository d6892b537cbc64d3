import type { MessagePort } from 'node:worker_threads'
import { sharedController, sharedSignal } from '../../core/abort.js'
import type { AdapterContext, AdapterFactory, ProtocolAdapter } from '../../core/adapter/protocol-adapter.js'
import type { PubSubFacet } from '../../core/adapter/pubsub-facet.js'
import type { QueueFacet } from '../../core/adapter/queue-facet.js'
import type { RpcFacet } from '../../core/adapter/rpc-facet.js'
import type { ServiceFacet } from '../../core/adapter/service-facet.js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { untilAborted } from '../abort.js'
import { Session } from './session.js'

/**
 * Speaks the memory protocol. All data is in the embedded broker on its own thread, so that this actor can be
 * killed at any moment: acknowledged messages are kept, unsettled ones are redelivered.
 */
class MemoryAdapter implements ProtocolAdapter {
  readonly protocol = 'memory'
  readonly #context: AdapterContext
  #session: Session | undefined
  /** Aborts the current attempt to connect. */
  #attempt: AbortController | undefined

  constructor(context: AdapterContext) {
    this.#context = context
  }

  async connect(signal: AbortSignal): Promise<void> {
    this.#end()
    const attempt = sharedController()
    this.#attempt = attempt
    const either = sharedSignal([signal, attempt.signal])
    const session = new Session(await this.#dial(either), this.#context, (error) => {
      if (this.#session !== session) return
      this.#session = undefined
      this.#context.connectionLost(error)
    })
    try {
      await session.ping(either)
      either.throwIfAborted()
    } catch (error) {
      session.close()
      throw connectionError('the memory broker did not answer', error)
    }
    this.#session = session
  }

  async disconnect(): Promise<void> {
    this.#end()
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#connected().ping(signal)
  }

  readonly rpc: RpcFacet = {
    call: async (method, params, context) => this.#connected().services.call(method, params, context),
    notify: async (method, params, context) => this.#connected().services.notify(method, params, context),
  }

  readonly pubsub: PubSubFacet = {
    publish: (topic, payload, options, context) => {
      const session = this.#session
      return session
        ? session.publisher.publish(topic, payload, options, context)
        : Promise.reject(notConnected())
    },
    retains: true,
    holdsBack: 'subscription',
    subscribe: async (pattern, _options, sink, context) =>
      this.#connected().subscriber.subscribe(pattern, sink, context),
  }

  readonly queue: QueueFacet = {
    enqueue: async (queue, payload, options, context) =>
      this.#connected().consumers.enqueue(queue, payload, options, context),
    consume: async (queue, sink, context) => this.#connected().consumers.consume(queue, sink, context),
  }

  readonly service: ServiceFacet = {
    serve: async (method, sink, context) => this.#connected().services.serve(method, sink, context),
  }

  /** Closes session and attempt synchronously, so that the last call of `connect` or `disconnect` wins. */
  #end(): void {
    this.#attempt?.abort(new ConnectionError('disconnected while connecting'))
    this.#attempt = undefined
    const session = this.#session
    this.#session = undefined
    session?.close()
  }

  #connected(): Session {
    if (!this.#session) throw notConnected()
    return this.#session
  }

  async #dial(signal: AbortSignal): Promise<MessagePort> {
    const broker = String(this.#context.settings.config.broker ?? 'memory')
    const dialling = this.#context.dial(broker)
    try {
      return await untilAborted(dialling, signal, 'connect')
    } catch (error) {
      // Close a port that arrives after the failure.
      dialling.then(
        (port) => port.close(),
        () => {},
      )
      throw connectionError(`cannot reach the embedded broker ${JSON.stringify(broker)}`, error)
    }
  }
}

const notConnected = () => new ConnectionError('not connected to the memory broker', { notExecuted: true })

function connectionError(what: string, cause: unknown): IntegrationError {
  if (cause instanceof ConnectionError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ConnectionError(`${what}: ${reason}`, { cause })
}

/** Makes the adapter of the memory protocol. */
export const memoryAdapter: AdapterFactory = (context) => new MemoryAdapter(context)
