import { Buffer } from 'node:buffer'
import { sharedController } from '../../../core/abort.js'
import type { Attempt } from '../../../core/adapter/attempt.js'
import type { AdapterSubscription, InboundMessage, MessageSink } from '../../../core/adapter/inbound.js'
import type { AdapterContext, ProtocolAdapter } from '../../../core/adapter/protocol-adapter.js'
import type { PubSubFacet, SubscribeOptions } from '../../../core/adapter/pubsub-facet.js'
import type { RpcFacet } from '../../../core/adapter/rpc-facet.js'
import { sleep } from '../../../core/clock.js'
import { AuthError, ConnectionError } from '../../../core/errors/connection.js'
import type { IntegrationError } from '../../../core/errors/integration-error.js'
import { PublishError, SubscribeError } from '../../../core/errors/pubsub.js'
import { topicPatternFault } from '../../../core/topic-pattern.js'
import { wireFormat } from '../../../wire/wire-format.js'
import { type TokenSource, tokenSource } from '../../token-source.js'
import { openWithToken } from '../authorization.js'
import { requestHeaders } from '../http-headers.js'
import type { JsonRpcConfig } from '../manifest.js'
import { maskFor } from '../mask.js'
import { SignalWatch } from '../signal-watch.js'
import { targetsOf } from '../target.js'
import { keepAlive } from './keep-alive.js'
import { openSocket } from './open.js'
import { openSubscription } from './service-subscription.js'
import { Session } from './session.js'
import type { SessionSettings } from './session-ports.js'
import { SocketReading } from './socket-reading.js'
import { Subscribers } from './subscribers.js'
import { Suspects } from './suspects.js'
import { Tally } from './tally.js'

/** How long the server may take to complete the closing handshake, in milliseconds. */
const CLOSE_GRACE_MS = 500

interface Connection {
  readonly session: Session
  readonly subscribers: Subscribers
}

/**
 * Speaks JSON-RPC 2.0 over WebSocket: calls, notifications and batches as over HTTP. The server's notifications are
 * topics named by their methods, and a publish sends a notification.
 */
export class WebSocketAdapter implements ProtocolAdapter {
  readonly protocol = 'json-rpc'
  readonly rpc: RpcFacet
  readonly pubsub: PubSubFacet
  readonly #context: AdapterContext
  readonly #config: JsonRpcConfig
  readonly #settings: SessionSettings
  readonly #watch: SignalWatch
  readonly #suspects = new Suspects()
  readonly #tokens: TokenSource | undefined
  #connection: Connection | undefined
  /** Sessions whose server refuses new calls and still has calls to answer. */
  readonly #retired = new Set<Session>()
  /** Index of the address to try first. */
  #current = 0

  constructor(context: AdapterContext) {
    const { settings, clock } = context
    const { frame } = settings.limits
    this.#context = context
    this.#config = settings.config as unknown as JsonRpcConfig
    this.#watch = new SignalWatch(clock)
    // A bearer token is one of the fixed request headers.
    this.#tokens = settings.auth.type === 'bearer' ? undefined : tokenSource(context)
    this.#settings = {
      integration: settings.name,
      strict: this.#config.strict,
      format: wireFormat(settings.format, { maxBytes: frame }),
      batchSize: this.#config.batch_size ?? 1,
      maxInFlight: this.#config.max_in_flight,
      limit: Math.min(frame, this.#config.max_response ?? frame),
      mask: maskFor(settings, this.#config),
    }
    this.rpc = {
      call: async (method, params, operation) => this.#up().session.call(method, params, operation),
      notify: async (method, params) => this.#up().session.notify(method, params),
      batch: async (calls, operation) => this.#up().session.batch(calls, operation),
    }
    this.pubsub = {
      holdsBack: 'connection',
      carriesHeaders: false,
      publish: (topic, payload) => this.#publish(topic, payload),
      subscribe: async (pattern, options, sink, operation) =>
        this.#subscribe(pattern, options, sink, operation),
    }
  }

  async connect(signal: AbortSignal): Promise<void> {
    const tokens = this.#tokens
    const opened =
      tokens === undefined
        ? await this.#openAny([], signal)
        : await openWithToken(tokens, this.#settings.mask, signal, (headers) =>
            this.#openAny(headers, signal),
          )
    const { socket } = opened
    const before = this.#connection
    const reading = new SocketReading(socket)
    const { answers, budget, log } = this.#context
    const detach = answers.attach(reading.hold())
    socket.once('close', detach)
    const unclaimed = new Tally(log, 'debug', 'notifications without a subscriber are dropped')
    const subscribers = new Subscribers(budget, reading.hold(), (method) => unclaimed.add(method))
    const session = new Session(opened, this.#settings, {
      watch: this.#watch,
      suspects: this.#suspects,
      log,
      notified: (method, params) => subscribers.notified(method, params),
      goingAway: () => this.#retire(session),
      lost: (error) => this.#lost(session, error),
    })
    this.#connection = { session, subscribers }
    const { ping_interval: intervalMs } = this.#config
    if (intervalMs > 0)
      keepAlive(
        socket,
        this.#context.clock,
        intervalMs,
        () => reading.isPaused,
        () => {
          const { name: integration } = this.#context.settings
          session.abort(new ConnectionError('the server does not answer pings', { integration }))
        },
      )
    if (before !== undefined) await this.#end(before)
  }

  async disconnect(): Promise<void> {
    this.#tokens?.close()
    const before = this.#connection
    this.#connection = undefined
    for (const session of this.#retired) this.#abort(session)
    if (before !== undefined) await this.#end(before)
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#up().session.ping(signal)
  }

  #publish(topic: string, payload: Uint8Array): Promise<void> | undefined {
    const { name: integration } = this.#context.settings
    const { session } = this.#up()
    // Parameters must be an array or an object (JSON-RPC 2.0, section 4.2).
    const first = payload[0]
    if (first !== OPEN_BRACKET && first !== OPEN_BRACE)
      throw new PublishError(topic, 'expected an array or an object, found another value', {
        integration,
        fault: 'local',
      })
    const head = Buffer.from(`{"jsonrpc":"2.0","method":${JSON.stringify(topic)},"params":`)
    return session.send(Buffer.concat([head, payload, CLOSING]))
  }

  async #subscribe(
    pattern: string,
    { params, headers }: SubscribeOptions,
    sink: MessageSink<InboundMessage>,
    operation: Attempt,
  ): Promise<AdapterSubscription> {
    const { name: integration } = this.#context.settings
    const { session, subscribers } = this.#up()
    if (headers !== undefined)
      throw new SubscribeError(pattern, 'a message over WebSocket has no headers', { integration })
    if (params !== undefined)
      return openSubscription(
        {
          session,
          subscribers,
          unsubscribeMethod: this.#config.unsubscribe_method,
          integration,
          clock: this.#context.clock,
        },
        { method: pattern, params },
        sink,
        operation,
      )
    const fault = topicPatternFault(pattern)
    if (fault !== undefined) throw new SubscribeError(pattern, fault, { integration })
    return subscribers.add(pattern, sink)
  }

  async #openAny(authorization: readonly string[], signal: AbortSignal) {
    const { settings, clock, log } = this.#context
    const { name: integration, endpoint, auth } = settings
    const targets = targetsOf(endpoint, integration)
    const headers = [...requestHeaders(this.#config.headers, auth, integration), ...authorization]
    const { limit, mask } = this.#settings
    const open = { integration, headers, limit, mask, now: () => clock.now(), log }
    const failures: IntegrationError[] = []
    for (let i = 0; i < targets.length; i++) {
      const index = (this.#current + i) % targets.length
      try {
        const opened = await openSocket(targets[index]!, open, signal)
        this.#current = index
        return opened
      } catch (error) {
        if (signal.aborted) throw signal.reason
        if (targets.length === 1 || error instanceof AuthError) throw error
        failures.push(error as IntegrationError)
      }
    }
    const reasons = failures.map(({ message }) => message)
    throw new ConnectionError(`no address can be reached: ${reasons.join('; ')}`, {
      integration,
      retryable: failures.some(({ retryable }) => retryable),
    })
  }

  #up(): Connection {
    if (this.#connection !== undefined) return this.#connection
    const { name: integration } = this.#context.settings
    throw new ConnectionError('not connected', { integration, notExecuted: true })
  }

  #lost(session: Session, error: ConnectionError): void {
    if (this.#connection?.session !== session) return
    const { subscribers } = this.#connection
    this.#connection = undefined
    subscribers.lost(`notifications may be missing: ${error.reason}`)
    this.#context.connectionLost(error)
  }

  /**
   * Reports the connection as lost, so that new calls wait for the next one. Calls in flight are answered on this
   * one.
   */
  #retire(session: Session): void {
    if (this.#connection?.session !== session) return
    this.#retired.add(session)
    session.socket.once('close', () => this.#retired.delete(session))
    const { name: integration } = this.#context.settings
    const context = { integration, errorClass: 'service-unavailable' } as const
    this.#lost(session, new ConnectionError('the server is going away', context))
    session.retire()
  }

  #abort(session: Session): void {
    const { name: integration } = this.#context.settings
    session.abort(new ConnectionError('the connection was closed by us', { integration }))
  }

  async #end({ session, subscribers }: Connection): Promise<void> {
    subscribers.end()
    const { clock } = this.#context
    const stop = sharedController()
    // The closing handshake can be received only while reading.
    session.socket.resume()
    await Promise.race([session.close(), sleep(clock, CLOSE_GRACE_MS, stop.signal).catch(() => {})])
    stop.abort()
    this.#abort(session)
  }
}

const OPEN_BRACKET = 0x5b
const OPEN_BRACE = 0x7b
const CLOSING = Buffer.from('}')
