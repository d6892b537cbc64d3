import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ByteBudget } from '../../../core/byte-budget.js'
import { MemoryShare } from '../../../core/memory-share.js'
import type { RareWarning } from '../../rare-warning.js'
import { Body } from '../body.js'
import { type AccessRules, headersOf, type Refusal, refusalOf } from './access-rules.js'
import type { Dispatcher } from './dispatcher.js'
import { weightOf } from './message-weight.js'

const TOO_LARGE: Refusal = { status: 413, reason: 'the request is larger than "max_request"' }
/** `Retry-After` tells the caller that the request was not executed. */
const OVERLOADED: Refusal = {
  status: 503,
  reason: 'the server is busy or stopping: the request was not executed',
  headers: { 'retry-after': '1' },
}

export interface HttpSettings {
  /** Maximum size of a request in bytes. */
  readonly limit: number
  /** How long a caller may take to read the next piece of its answer, in milliseconds. */
  readonly readTimeoutMs: number
}

/** Answers HTTP requests: one message per POST, answered when all its calls are. */
export class HttpRequests {
  readonly #settings: HttpSettings
  readonly #access: AccessRules
  readonly #dispatcher: Dispatcher
  readonly #budget: ByteBudget
  readonly #dropped: RareWarning
  #isDraining = false

  constructor(
    settings: HttpSettings,
    access: AccessRules,
    dispatcher: Dispatcher,
    budget: ByteBudget,
    dropped: RareWarning,
  ) {
    this.#settings = settings
    this.#access = access
    this.#dispatcher = dispatcher
    this.#budget = budget
    this.#dropped = dropped
  }

  /** Closes each connection after its next answer. */
  drain(): void {
    this.#isDraining = true
  }

  /** Answers one request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {})
    const refusal = refusalOf(request, this.#access, 'request')
    if (refusal !== undefined) return refuse(response, refusal)
    if (!this.#dispatcher.isReady) return refuse(response, OVERLOADED)
    const announced = Number(request.headers['content-length'] ?? 0)
    if (announced > this.#settings.limit) return refuse(response, TOO_LARGE)
    const share = new MemoryShare(this.#budget)
    if (!share.fitsOne(announced)) return refuse(response, OVERLOADED)
    if (request.headers.expect !== undefined) response.writeContinue()
    try {
      await this.#answer(request, response, share)
    } finally {
      share.set(0)
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse, share: MemoryShare): Promise<void> {
    const message = await this.#read(request, share)
    if (message === 'gone') return
    if (!(message instanceof Uint8Array)) return refuse(response, message)
    const weight = weightOf(message)
    if (!this.#dispatcher.isReady || !share.fitsOne(weight)) return refuse(response, OVERLOADED)
    share.set(weight)
    const caller = this.#dispatcher.caller(share)
    const answer = await this.#dispatcher.answer(message, this.#access.forwarded(request), caller)
    if (!response.destroyed) return this.#send(answer, request.socket, response, share)
  }

  /**
   * Sends an answer, and resolves when the caller has read it. A separate function, because the frame of the caller
   * would keep the request in memory.
   */
  #send(
    answer: Uint8Array | undefined,
    socket: Socket,
    response: ServerResponse,
    share: MemoryShare,
  ): Promise<void> | undefined {
    if (this.#isDraining) response.setHeader('connection', 'close')
    if (answer === undefined) {
      response.writeHead(204).end()
      return undefined
    }
    if (!share.fitsOne(answer.byteLength)) {
      this.#dropped.add(
        'an answer is dropped: callers that do not read their answers have filled the memory limit',
      )
      response.destroy()
      return undefined
    }
    share.set(answer.byteLength)
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': answer.byteLength })
      .end(answer)
    // Node closes the connection at the time-out because there is no 'timeout' listener; keep-alive has its own
    // time-out.
    if (response.writableLength > 0) response.setTimeout(this.#settings.readTimeoutMs)
    if (response.writableFinished) return undefined
    // Node emits no event for an answer queued behind another when their connection ends.
    return Promise.race([new Promise<void>((resolve) => response.once('close', resolve)), endOf(socket)])
  }

  /** Reads the body. */
  #read(request: IncomingMessage, share: MemoryShare): Promise<Uint8Array | Refusal | 'gone'> {
    const { limit } = this.#settings
    const announced = Number(request.headers['content-length'] ?? limit)
    const body = new Body(announced)
    request.on('error', () => {})
    return new Promise((resolve) => {
      const done = (result: Uint8Array | Refusal | 'gone') => {
        // The listeners would keep the body in memory until the answer has been read.
        request.off('data', onData).off('end', onEnd).off('close', onClose)
        resolve(result)
      }
      const onData = (piece: Buffer) => {
        const size = body.size + piece.length
        if (size > limit) return done(TOO_LARGE)
        if (!share.fitsOne(size)) return done(OVERLOADED)
        body.add(piece)
        share.set(body.held)
      }
      const onEnd = () => done(body.bytes())
      const onClose = () => done('gone')
      request.on('data', onData).on('end', onEnd).on('close', onClose)
    })
  }
}

const ends = new WeakMap<Socket, Promise<void>>()

/** Resolves when the connection is closed. All requests in flight on a connection share one listener. */
function endOf(socket: Socket): Promise<void> {
  let end = ends.get(socket)
  if (end === undefined) {
    end = socket.destroyed
      ? Promise.resolve()
      : new Promise((resolve) => socket.once('close', () => resolve()))
    ends.set(socket, end)
  }
  return end
}

/** Refuses a request and closes its connection, so that the rest of the request need not be read. */
function refuse(response: ServerResponse, refusal: Refusal): void {
  response.writeHead(refusal.status, headersOf(refusal)).end(refusal.reason)
}
