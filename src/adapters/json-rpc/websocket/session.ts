import type WebSocket from 'ws'
import type { Attempt } from '../../../core/adapter/attempt.js'
import type { RpcCall, RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import { ConnectionError } from '../../../core/errors/connection.js'
import { SerializeError } from '../../../core/errors/operation.js'
import { SequenceTable } from '../../../core/sequence-table.js'
import type { Value } from '../../../core/value.js'
import { cutOff, unsent } from '../../cut-off.js'
import { requestOf } from '../codec.js'
import { Call, type Message } from './call.js'
import { closeError } from './close-codes.js'
import { Incoming } from './incoming.js'
import type { Opened } from './open.js'
import { Outgoing } from './outgoing.js'
import { ping } from './ping.js'
import type { SessionPorts, SessionSettings } from './session-ports.js'
import { largestOf, NO_CALLS } from './suspects.js'
import { Tally } from './tally.js'

const METHOD_NOT_FOUND = -32_601
/** Close code for a message beyond the receiver's limit (RFC 6455, section 7.4.1). */
const TOO_LARGE = 1009

/** Speaks JSON-RPC 2.0 on one WebSocket: matches answers to calls by id, and carries notifications both ways. */
export class Session {
  readonly socket: WebSocket
  readonly #settings: SessionSettings
  readonly #ports: SessionPorts
  readonly #outgoing: Outgoing
  readonly #incoming: Incoming
  readonly #pending = new SequenceTable<Call>()
  #lastId = 0
  #state: 'open' | 'ending' | 'over' = 'open'
  #isRetired = false
  /** The error of the socket before it closed. */
  #fault: ConnectionError | undefined
  /** Selects the unanswered calls that must not be retried. */
  #selectCulprits: (calls: readonly Call[]) => ReadonlySet<Call> = () => NO_CALLS

  constructor({ socket, stream }: Opened, settings: SessionSettings, ports: SessionPorts) {
    this.socket = socket
    this.#settings = settings
    this.#ports = ports
    this.#outgoing = new Outgoing({
      socket,
      batchSize: settings.batchSize,
      maxInFlight: settings.maxInFlight,
      inFlight: () => this.#pending.size,
      number: (calls) => this.#number(calls),
      encode: (what, message) => this.#encode(what, message),
    })
    const ignored = new Tally(ports.log, 'warn', 'messages of the server are ignored')
    this.#incoming = new Incoming(settings, this.#pending, {
      notified: (method, params) => ports.notified(method, params),
      called: (id) => this.#refuse(id),
      goingAway: () => ports.goingAway(),
      ignored: (reason) => ignored.add(reason),
    })
    socket.on('message', (data) => this.#received(data as Buffer))
    socket.on('error', (error) => this.#faulted(error))
    // Listens below `ws`, which reports an end of the connection late; until then calls would be written to a dead
    // socket.
    stream.prependListener('error', (error) => this.#cutOff(error))
    for (const event of ['end', 'close']) stream.prependListener(event, () => this.#cutOff())
    socket.once('close', (code, reason) =>
      this.#closed(this.#fault ?? closeError(code, reason.toString(), settings), code),
    )
  }

  /** Calls a method. @param onResult called with the result before later messages are handled */
  call(
    method: string,
    params: Value | undefined,
    operation: Attempt,
    onResult?: (result: Value) => void,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#assertOpen()
      const call = this.#makeCall(method, params, operation, (outcome) => {
        if (!outcome.ok) return reject(outcome.error)
        onResult?.(outcome.value)
        resolve(outcome.value)
      })
      this.#outgoing.add({ kind: 'calls', calls: [call] })
    })
  }

  /**
   * Sends several calls in as few messages as `batch_size` allows. Resolves with one outcome per call, in order.
   */
  async batch(calls: readonly RpcCall[], operation: Attempt): Promise<readonly RpcOutcome[]> {
    this.#assertOpen()
    const outcomes: Promise<RpcOutcome>[] = []
    const made = calls.map(({ method, params }) => {
      let settle: (outcome: RpcOutcome) => void
      outcomes.push(
        new Promise((resolve) => {
          settle = resolve
        }),
      )
      return this.#makeCall(method, params, operation, (outcome) => settle(outcome))
    })
    const size = Math.max(2, this.#settings.batchSize === 1 ? made.length : this.#settings.batchSize)
    for (let i = 0; i < made.length; i += size)
      this.#outgoing.add({ kind: 'calls', calls: made.slice(i, i + size) })
    return Promise.all(outcomes)
  }

  /** Sends a notification. Resolves when it was written. */
  notify(method: string, params: Value | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#assertOpen()
      const message = requestOf(method, params) as Message
      this.#outgoing.add({
        kind: 'notification',
        message,
        sent: (error) => this.#settleSend(error, resolve, reject),
      })
    })
  }

  /** Sends an encoded message. @returns `undefined` if it was written at once */
  send(frame: Uint8Array): Promise<void> | undefined {
    this.#assertOpen()
    if (this.#outgoing.isClear) {
      this.socket.send(frame, { binary: false })
      return undefined
    }
    return new Promise((resolve, reject) =>
      this.#outgoing.add({ kind: 'frame', frame, sent: (error) => this.#settleSend(error, resolve, reject) }),
    )
  }

  /** Sends a ping and resolves with the next pong. @throws the signal's reason, ConnectionError */
  async ping(signal: AbortSignal): Promise<void> {
    this.#assertOpen()
    await ping(this.socket, signal, () => this.#notConnected())
  }

  /** Terminates the connection. Calls in flight fail with `error`. */
  abort(error: ConnectionError): void {
    this.#fault ??= error
    this.socket.terminate()
  }

  /** Closes the connection after the last answer to the calls in flight. */
  retire(): void {
    this.#isRetired = true
    queueMicrotask(() => this.#closeIfDone())
  }

  /** Closes the connection and resolves when the closing handshake is complete. Calls in flight fail. */
  close(): Promise<void> {
    if (this.#state === 'open') this.#state = 'ending'
    return new Promise((resolve) => {
      if (this.socket.readyState === this.socket.CLOSED) return resolve()
      this.socket.once('close', () => resolve())
      this.socket.close(1000)
    })
  }

  #closeIfDone(): void {
    if (this.#state === 'open' && this.#pending.size === 0 && this.#outgoing.isEmpty) void this.close()
  }

  #makeCall(
    method: string,
    params: Value | undefined,
    operation: Attempt,
    onSettled: (outcome: RpcOutcome) => void,
  ): Call {
    const message = requestOf(method, params) as Message
    return new Call(method, message, operation, this.#ports.watch, (outcome, call) => {
      this.#pending.take(call.id)
      this.#outgoing.flushSoon()
      if (this.#isRetired) queueMicrotask(() => this.#closeIfDone())
      onSettled(outcome)
    })
  }

  /** Assigns ids, again if a batch is split before it is sent. */
  #number(calls: readonly Call[]): void {
    for (const call of calls) {
      if (call.id !== 0) this.#pending.take(call.id)
      call.id = ++this.#lastId
      call.message.id = call.id
      call.companions = calls
      this.#pending.set(call.id, call)
    }
  }

  #encode(what: string, message: Value): Uint8Array {
    const { format, integration } = this.#settings
    try {
      return format.encode(message)
    } catch (error) {
      throw new SerializeError(`${what}: ${(error as SerializeError).reason}`, {
        integration,
        notExecuted: true,
        fault: 'local',
      })
    }
  }

  #received(data: Buffer): void {
    let message: Value
    try {
      message = this.#settings.format.decode(data)
    } catch (error) {
      const reason = `expected a JSON-RPC message from the server: ${(error as SerializeError).reason}`
      this.#selectCulprits = (calls) => this.#ports.suspects.ofAnswer(calls)
      return this.abort(new ConnectionError(reason, { integration: this.#settings.integration }))
    }
    this.#incoming.read(message, data.length)
  }

  /** Answers a call of the server with "method not found". */
  #refuse(id: Value): void {
    if (!this.#outgoing.isClear) return
    const error = { code: METHOD_NOT_FOUND, message: 'Method not found' }
    this.socket.send(this.#settings.format.encode({ jsonrpc: '2.0', id, error }), { binary: false })
  }

  #faulted(error: Error & { code?: string }): void {
    const { integration, limit } = this.#settings
    if (error.code !== 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
      this.#fault ??= new ConnectionError(reasonOf(error), { integration, cause: error })
      return
    }
    const reason = `the server sent a message that exceeds the limit of ${limit} bytes`
    this.#fault = new ConnectionError(reason, { integration })
    this.#selectCulprits = (calls) => this.#ports.suspects.ofAnswer(calls)
  }

  /**
   * Handles the end of the stream without a closing handshake. After a handshake `ws` itself reports the close
   * code.
   */
  #cutOff(error?: Error): void {
    if (this.socket.readyState !== this.socket.OPEN) return
    if (error !== undefined) this.#faulted(error)
    this.#closed(this.#fault ?? closeError(1006, '', this.#settings))
  }

  #closed(error: ConnectionError, code?: number): void {
    if (this.#state === 'over') return
    const wasOpen = this.#state === 'open'
    this.#state = 'over'
    const { integration } = this.#settings
    if (wasOpen) this.#ports.lost(error)
    const calls = [...this.#pending.values()]
    const closed = new ConnectionError('the connection was closed by us', { integration })
    const culprits = code === TOO_LARGE ? largestOf(calls) : this.#selectCulprits(calls)
    const reason = code === TOO_LARGE ? 'our message is too large for the server (1009)' : error.reason
    for (const call of calls) {
      if (culprits.has(call)) call.fail(new SerializeError(reason, { integration }))
      else call.fail(cutOff(wasOpen ? error : closed))
    }
    this.#outgoing.fail(wasOpen ? unsent(error) : this.#notConnected())
  }

  #settleSend(error: Error | undefined, resolve: () => void, reject: (error: Error) => void): void {
    if (error === undefined) resolve()
    else if (error instanceof ConnectionError || error instanceof SerializeError) reject(error)
    else reject(this.#fault ?? this.#notConnected())
  }

  #assertOpen(): void {
    if (this.#state !== 'open' || this.socket.readyState !== this.socket.OPEN) throw this.#notConnected()
  }

  #notConnected(): ConnectionError {
    return new ConnectionError('not connected', {
      integration: this.#settings.integration,
      notExecuted: true,
    })
  }
}

/** Describes an error of `ws`. */
function reasonOf({ code, message }: Error & { code?: string }): string {
  if (code?.startsWith('WS_ERR_')) return `the server broke the WebSocket protocol: ${message}`
  if (code === 'ECONNRESET') return 'the connection was reset (ECONNRESET)'
  return code === undefined ? message : `the connection failed (${code})`
}
