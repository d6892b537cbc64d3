import type { Server } from 'node:http'
import { sharedController } from '../../../core/abort.js'
import type {
  AdapterContext,
  AdapterFactory,
  ProtocolAdapter,
} from '../../../core/adapter/protocol-adapter.js'
import type { PubSubFacet } from '../../../core/adapter/pubsub-facet.js'
import type { ServiceFacet } from '../../../core/adapter/service-facet.js'
import { sleep, type Timer } from '../../../core/clock.js'
import { ConnectionError } from '../../../core/errors/connection.js'
import { UnsupportedError } from '../../../core/errors/operation.js'
import { FEED_METHOD, READY_METHOD } from '../../../core/internal-methods.js'
import type { ListenAddress } from '../../../core/status.js'
import type { Value } from '../../../core/value.js'
import { wireFormat } from '../../../wire/wire-format.js'
import { RareWarning } from '../../rare-warning.js'
import { Refusals } from '../../refusals.js'
import type { JsonRpcServerConfig } from '../manifest.js'
import { type AccessRules, headerPicker, hostRule } from './access-rules.js'
import { Admission } from './admission.js'
import { Cors } from './cors.js'
import { Dispatcher } from './dispatcher.js'
import { Feeds } from './feeds.js'
import { Guard } from './guard.js'
import { HttpRequests } from './http.js'
import { addressOf, listen, onRequest } from './listener.js'
import { refuseMalformed } from './malformed.js'
import { type Missing, Probes } from './probes.js'
import { WebSockets } from './web-sockets.js'

/** How long callers may take to receive their last answer, in milliseconds. */
const CLOSE_GRACE_MS = 500

interface Listening {
  readonly server: Server
  readonly dispatcher: Dispatcher
  readonly requests: HttpRequests
  readonly webSockets: WebSockets
  readonly feeds: Feeds
  /** Watches the certificate files; absent without TLS. */
  readonly files: Timer | undefined
  readonly refusals: Refusals
  /** Resolves when every connection has ended; absent before `drain`. */
  closed?: Promise<void>
}

/** Makes the server of JSON-RPC 2.0 over HTTP and WebSocket at one port (specification, "RPC Server"). */
export const jsonRpcServer: AdapterFactory = (context) => new JsonRpcServer(context)

class JsonRpcServer implements ProtocolAdapter {
  readonly protocol = 'json-rpc'
  readonly service: ServiceFacet
  /** Takes the messages of feeds from the host thread. */
  readonly pubsub: PubSubFacet
  readonly #context: AdapterContext
  readonly #config: JsonRpcServerConfig
  #state: Listening | undefined

  constructor(context: AdapterContext) {
    const { name: integration } = context.settings
    this.#context = context
    this.#config = context.settings.config as unknown as JsonRpcServerConfig
    this.pubsub = {
      publish: (key, payload, { headers }) => void this.#state?.feeds.publish(key, payload, headers),
      subscribe: () =>
        Promise.reject(new UnsupportedError('subscribe over a server of json-rpc', { integration })),
    }
    this.service = {
      serve: async (method, sink) => {
        if (this.#state === undefined)
          throw new ConnectionError('the server is not listening', { integration })
        const state = this.#state
        const end = async () => void drain(state)
        // While the server ends, the methods stay served: callers would get "method not found", which they take as final.
        return { ...state.dispatcher.serve(method, sink), detach: end, finish: end }
      },
    }
  }

  get listening(): ListenAddress | undefined {
    return this.#state && addressOf(this.#state.server)
  }

  async connect(signal: AbortSignal): Promise<void> {
    await this.disconnect()
    const { settings, clock, log } = this.#context
    const config = this.#config
    const { budget } = this.#context
    const { frame } = settings.limits
    const refusals = new Refusals(this.#context)
    const { server, files } = await listen(
      {
        integration: settings.name,
        listen: settings.listen!,
        limits: settings.limits,
        maxHeaders: config.max_headers,
        headerTimeoutMs: config.header_timeout,
        requestTimeoutMs: config.request_timeout,
        keepAliveMs: config.keep_alive,
      },
      { clock, log },
      refusals,
      signal,
    )
    const format = wireFormat(settings.format, { maxBytes: frame, maxDepth: config.max_depth })
    const guard = new Guard(this.#context, refusals)
    const dispatcher = new Dispatcher(
      {
        format,
        maxBatch: config.max_batch,
        maxValues: config.max_values,
        limit: frame,
        answers: settings.mailbox.bytes,
      },
      guard,
      log,
      clock,
    )
    const access: AccessRules = {
      path: settings.listen!.path ?? '/',
      webSocket: config.websocket,
      origins: config.origins,
      hosts: hostRule(config.hosts, settings.listen!.address),
      forwarded: headerPicker(config.forward_headers),
    }
    const limit = Math.min(config.max_request, frame)
    const requestTimeoutMs = config.request_timeout
    const admission = new Admission(settings.limits, clock, refusals)
    const requests = new HttpRequests(
      { limit, readTimeoutMs: requestTimeoutMs },
      {
        access,
        guard,
        admission,
        cors: new Cors(config.origins, config.forward_headers),
        probes: new Probes(config.probes, () => missingOf(dispatcher), clock),
        dispatcher,
        budget,
        dropped: new RareWarning(log, clock),
      },
    )
    const feeds = new Feeds(
      (request) => dispatcher.ask(FEED_METHOD, request as unknown as Value),
      config.subscription_buffer,
      budget,
      clock,
    )
    const webSockets = new WebSockets(
      {
        limit,
        maxInFlight: config.max_in_flight,
        maxUnread: config.max_unread,
        requestTimeoutMs,
        pingIntervalMs: config.ping_interval,
        subscriptions: { most: config.max_subscriptions },
      },
      access,
      admission,
      guard,
      dispatcher,
      feeds,
      clock,
      budget,
    )
    onRequest(server, (request, response) => void requests.handle(request, response))
    server.on('upgrade', (request, stream, head) => void webSockets.upgrade(request, stream, head))
    refuseMalformed(server, refusals, (connection) => requests.isAnswering(connection))
    server.on('tlsClientError', (_error, { remoteAddress: address }) =>
      refusals.add({ reason: 'the TLS handshake failed', address }),
    )
    const state = { server, dispatcher, requests, webSockets, feeds, files, refusals }
    this.#state = state
    server.on('error', (error) => this.#lost(state, error))
  }

  async disconnect(): Promise<void> {
    const state = this.#state
    if (state === undefined) return
    this.#state = undefined
    const { server, dispatcher, webSockets } = state
    const closed = drain(state)
    dispatcher.stop()
    // Let the last answers be written first.
    await new Promise<void>((resolve) => this.#context.clock.nextTurn(resolve))
    webSockets.close()
    server.closeIdleConnections()
    const stop = sharedController()
    await Promise.race([closed, sleep(this.#context.clock, CLOSE_GRACE_MS, stop.signal).catch(() => {})])
    stop.abort()
    webSockets.terminate()
    server.closeAllConnections()
    await closed
    state.refusals.flush()
  }

  async ping(): Promise<void> {
    if (this.#state !== undefined) return
    throw new ConnectionError('the server is not listening', { integration: this.#context.settings.name })
  }

  #lost(state: Listening, error: Error): void {
    if (this.#state !== state) return
    const { name: integration } = this.#context.settings
    this.#context.connectionLost(new ConnectionError(error.message, { integration, cause: error }))
  }
}

/** Asks the host thread which integrations are missing. */
async function missingOf(dispatcher: Dispatcher): Promise<Missing> {
  const outcome = dispatcher.isReady ? await dispatcher.ask(READY_METHOD, {}) : undefined
  if (outcome === undefined) return ['no method is served']
  return outcome.ok ? (outcome.value as Missing) : ['the application does not answer']
}

/**
 * Refuses new connections and calls, answers the calls already delivered, and closes each connection after its last
 * answer. Idempotent.
 * @returns a promise that resolves when every connection has ended
 */
function drain(state: Listening): Promise<void> {
  if (state.closed !== undefined) return state.closed
  const { server, dispatcher, requests, webSockets, files } = state
  files?.cancel()
  dispatcher.drain()
  requests.drain()
  state.closed = new Promise((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  webSockets.drain()
  return state.closed
}
