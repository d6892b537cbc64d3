import type { Attempt } from '../../core/adapter/attempt.js'
import type { AdapterContext, AdapterFactory, ProtocolAdapter } from '../../core/adapter/protocol-adapter.js'
import type { RpcCall, RpcFacet, RpcOutcome } from '../../core/adapter/rpc-facet.js'
import { ConnectionError } from '../../core/errors/connection.js'
import { SerializeError } from '../../core/errors/operation.js'
import type { IncomingAnswers } from '../../core/incoming-answers.js'
import type { PoolFigures } from '../../core/status.js'
import type { Value } from '../../core/value.js'
import { type WireFormat, wireFormat } from '../../wire/wire-format.js'
import { type TokenSource, tokenSource } from '../token-source.js'
import { type AnswerContext, readBatchAnswer, readCallAnswer, readNotificationAnswer } from './answers.js'
import { postWithToken } from './authorization.js'
import { Batcher } from './batcher.js'
import { batchOf, requestOf } from './codec.js'
import { decoded, isEncoded } from './content-coding.js'
import type { HttpAnswer } from './exchange.js'
import { requestHeaders } from './http-headers.js'
import type { JsonRpcConfig } from './manifest.js'
import { maskFor } from './mask.js'
import { isOverWebSocket } from './shared.js'
import { UnreachableError } from './socket-error.js'
import { targetsOf } from './target.js'
import { Transport, type TransportSettings } from './transport.js'
import { WebSocketAdapter } from './websocket/adapter.js'

type Connection =
  | { readonly state: 'down' }
  /** `lost`: the adapter has reported that no connection can be made; requests may still be in flight. */
  | { readonly state: 'up' | 'lost'; readonly transport: Transport }

/** Makes the JSON-RPC 2.0 adapter for HTTP or WebSocket, chosen by the schemes of the endpoint's addresses. */
export const jsonRpcAdapter: AdapterFactory = (context) =>
  isOverWebSocket(context.settings) ? new WebSocketAdapter(context) : new JsonRpcAdapter(context)

/** Sends calls, notifications and batches over HTTP. */
class JsonRpcAdapter implements ProtocolAdapter {
  readonly protocol = 'json-rpc'
  readonly rpc: RpcFacet
  readonly #context: AdapterContext
  readonly #config: JsonRpcConfig
  readonly #format: WireFormat
  readonly #answers: AnswerContext
  readonly #incoming: IncomingAnswers
  readonly #tokens: TokenSource | undefined
  /** Combines requests into batches; absent when `batch_size` is 1. */
  readonly #batcher: Batcher | undefined
  #connection: Connection = { state: 'down' }
  #lastId = 0

  constructor(context: AdapterContext) {
    const { settings, clock, answers } = context
    this.#context = context
    this.#incoming = answers
    // The gateway has validated the block and filled in its defaults with the schema of the manifest.
    this.#config = settings.config as unknown as JsonRpcConfig
    this.#format = wireFormat(settings.format, { maxBytes: settings.limits.frame })
    const { strict } = this.#config
    this.#answers = {
      integration: settings.name,
      strict,
      mask: maskFor(settings, this.#config),
      format: this.#format,
      now: () => clock.now(),
    }
    // A bearer token is one of the fixed request headers.
    this.#tokens = settings.auth.type === 'bearer' ? undefined : tokenSource(context)
    this.#batcher = this.#makeBatcher()
    this.rpc = {
      call: (method, params, operation) =>
        this.#batcherFor(operation)?.call(method, params, operation) ?? this.#call(method, params, operation),
      notify: (method, params, operation) =>
        this.#batcherFor(operation)?.notify(method, params, operation) ??
        this.#notify(method, params, operation),
      batch: (calls, operation) => this.#batch(calls, operation),
    }
  }

  async connect(signal: AbortSignal): Promise<void> {
    const transport = await Transport.open(this.#transportSettings(), this.#context.clock, signal)
    await this.#firstToken(transport, signal)
    const before = this.#connection
    this.#connection = { state: 'up', transport }
    if (before.state !== 'down') await before.transport.close(this.#context.clock)
  }

  /** Gets the first token, so that wrong credentials fail the connection attempt and not the first call. */
  async #firstToken(transport: Transport, signal: AbortSignal): Promise<void> {
    try {
      await this.#tokens?.token(signal)
    } catch (error) {
      await transport.close(this.#context.clock)
      throw error
    }
  }

  async disconnect(): Promise<void> {
    this.#tokens?.close()
    const before = this.#connection
    this.#connection = { state: 'down' }
    this.#batcher?.failWaiting(this.#notConnected())
    if (before.state !== 'down') await before.transport.close(this.#context.clock)
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#transport().probe(signal)
  }

  addressesChanged(): void {
    const { endpoint, name } = this.#context.settings
    if (this.#connection.state !== 'down') this.#connection.transport.retarget(targetsOf(endpoint, name))
  }

  pool(): PoolFigures {
    if (this.#connection.state !== 'down') return this.#connection.transport.figures()
    return { size: 0, idle: 0, inUse: 0, pending: 0, max: this.#config.pool_size }
  }

  async #call(method: string, params: Value | undefined, operation: Attempt): Promise<Value> {
    const id = ++this.#lastId
    const body = this.#encode(`call ${method}`, () => requestOf(method, params, id))
    return this.#post(body, operation, (answer) => readCallAnswer(answer, id, this.#answers))
  }

  async #notify(method: string, params: Value | undefined, operation: Attempt): Promise<void> {
    const body = this.#encode(`notify ${method}`, () => requestOf(method, params))
    await this.#post(body, operation, (answer) => readNotificationAnswer(answer, this.#answers))
  }

  /**
   * Sends a batch as one request, or one after the other as several of at most `batch_size` calls. If the first
   * request fails, the batch rejects; if a later one fails, earlier answers are kept and the remaining calls get
   * its error.
   */
  async #batch(calls: readonly RpcCall[], operation: Attempt): Promise<readonly RpcOutcome[]> {
    const outcomes: RpcOutcome[] = []
    const size = this.#config.batch_size ?? calls.length
    while (outcomes.length < calls.length) {
      const part = calls.slice(outcomes.length, outcomes.length + size)
      try {
        outcomes.push(...(await this.#part(part, operation)))
      } catch (error) {
        if (outcomes.length === 0) throw error
        const rest = calls.length - outcomes.length
        outcomes.push(...Array.from({ length: rest }, () => ({ ok: false, error: error as Error }) as const))
      }
    }
    return outcomes
  }

  async #part(calls: readonly RpcCall[], operation: Attempt): Promise<readonly RpcOutcome[]> {
    const firstId = this.#takeIds(calls.length)
    const body = this.#encode(`batch of ${calls.length} calls`, () => batchOf(calls, firstId))
    return this.#post(body, operation, (answer) =>
      readBatchAnswer(answer, firstId, calls.length, this.#answers),
    )
  }

  #encode(operation: string, request: () => Value): Uint8Array {
    try {
      return this.#format.encode(request())
    } catch (error) {
      const { reason } = error as SerializeError
      throw new SerializeError(`${operation}: ${reason}`, {
        integration: this.#context.settings.name,
        notExecuted: true,
        fault: 'local',
      })
    }
  }

  /** Posts a body and reads the answer, which counts in the budget of the actor until then. */
  async #post<T>(body: Uint8Array, operation: Attempt, read: (answer: HttpAnswer) => T): Promise<T> {
    const answer = await this.#postEncoded(body, operation)
    const isCompressed = isEncoded(answer)
    if (answer.memory === undefined && !isCompressed) {
      operation.answered?.(answer.body.length)
      return read(answer)
    }
    const memory = answer.memory ?? this.#incoming.begin()
    try {
      const { name } = this.#context.settings
      const plain = isCompressed ? await decoded(answer, memory, this.#limit, name) : answer
      await this.#incoming.turnOf(memory.bytes)
      operation.answered?.(plain.body.length)
      return read(plain)
    } finally {
      memory.end()
    }
  }

  async #postEncoded(body: Uint8Array, operation: Attempt): Promise<HttpAnswer> {
    const transport = this.#transport()
    try {
      const tokens = this.#tokens
      if (tokens === undefined) return await transport.post(body, operation)
      return await postWithToken(tokens, this.#answers.mask, operation.signal, (headers) =>
        transport.post(body, operation, headers),
      )
    } catch (error) {
      if (error instanceof UnreachableError) this.#lost(transport, error)
      throw error
    }
  }

  /** Maximum size of an answer in bytes. */
  get #limit(): number {
    const { frame } = this.#context.settings.limits
    return Math.min(frame, this.#config.max_response ?? frame)
  }

  #transport(): Transport {
    if (this.#connection.state !== 'down') return this.#connection.transport
    throw this.#notConnected()
  }

  #notConnected(): ConnectionError {
    return new ConnectionError('not connected', {
      integration: this.#context.settings.name,
      notExecuted: true,
    })
  }

  #takeIds(count: number): number {
    const first = this.#lastId + 1
    this.#lastId += count
    return first
  }

  #makeBatcher(): Batcher | undefined {
    const { batch_size: size = 1, batch_delay: delayMs, pool_size: slots } = this.#config
    if (size === 1) return undefined
    return new Batcher(
      { size, delayMs, slots },
      {
        clock: this.#context.clock,
        answers: this.#answers,
        takeIds: (count) => this.#takeIds(count),
        encode: (what, value) => this.#encode(what, value),
        post: (body, operation, read) => this.#post(body, operation, read),
      },
    )
  }

  /** Returns no batcher for a request with its own headers: it must be sent alone. */
  #batcherFor({ headers }: Attempt): Batcher | undefined {
    return headers === undefined ? this.#batcher : undefined
  }

  /** Reports the loss of the current connection, once. A connection that was replaced or closed is ignored. */
  #lost(transport: Transport, error: ConnectionError): void {
    if (this.#connection.state !== 'up' || this.#connection.transport !== transport) return
    this.#connection = { state: 'lost', transport }
    this.#context.connectionLost(error)
  }

  #transportSettings(): TransportSettings {
    const { log, settings } = this.#context
    const { name, endpoint, discovery, auth, timeoutMs } = settings
    return {
      integration: name,
      targets: targetsOf(endpoint, name),
      headers: requestHeaders(this.#config.headers, auth, name),
      limit: this.#limit,
      incoming: this.#incoming,
      poolSize: this.#config.pool_size,
      pipelining: this.#config.pipelining,
      keepAliveMs: this.#config.keep_alive,
      connectTimeoutMs: timeoutMs,
      ...(discovery !== undefined && { discovery }),
      log,
      answerBegins: () => this.#context.answerBegins(),
    }
  }
}
