import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Caller as AccessCaller, AccessRefusal } from '../../../core/adapter/authentication.js'
import type { ByteBudget } from '../../../core/byte-budget.js'
import { MemoryShare } from '../../../core/memory-share.js'
import type { RareWarning } from '../../rare-warning.js'
import { Body } from '../body.js'
import { type AccessRules, foreignRefusalOf, headersOf, type Refusal, refusalOf } from './access-rules.js'
import { type Admission, callerOf, TOO_MANY } from './admission.js'
import type { Cors } from './cors.js'
import type { Dispatcher } from './dispatcher.js'
import { type Guard, httpRefusal } from './guard.js'
import { weightOf } from './message-weight.js'
import { accessRefused } from './messages.js'
import { Pipeline, RequestMemory, requestBytes } from './pipeline.js'
import type { Probes } from './probes.js'

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

export interface HttpDependencies {
  readonly access: AccessRules
  readonly guard: Guard
  readonly admission: Admission
  readonly cors: Cors
  readonly probes: Probes
  readonly dispatcher: Dispatcher
  readonly budget: ByteBudget
  readonly dropped: RareWarning
}

/** Answers HTTP requests: one message per POST, answered when all its calls are. */
export class HttpRequests {
  readonly #settings: HttpSettings
  readonly #parts: HttpDependencies
  /** Answers that are being sent, by connection. */
  readonly #sending = new WeakMap<Duplex, number>()
  readonly #pipelines = new WeakMap<Socket, Pipeline>()
  #isDraining = false

  constructor(settings: HttpSettings, parts: HttpDependencies) {
    this.#settings = settings
    this.#parts = parts
  }

  /** Closes each connection after its next answer. */
  drain(): void {
    this.#isDraining = true
  }

  /** Whether an answer is being sent on a connection. */
  isAnswering(connection: Duplex): boolean {
    return (this.#sending.get(connection) ?? 0) > 0
  }

  /** Answers one request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {})
    if (request.socket.destroyed) return
    const pipeline = this.#pipelineOf(request.socket)
    const bytes = requestBytes(request)
    const entered = pipeline.enter(bytes)
    if (entered === undefined) {
      this.#refused(request, OVERLOADED)
      return void request.socket.destroy()
    }
    // A request that need not wait costs no turn.
    const turn = typeof entered === 'string' ? entered : await entered
    if (turn === 'ignore') return
    try {
      if (turn === 'refuse') this.#refuse(request, response, OVERLOADED)
      else await this.#admitted(request, response, pipeline)
    } finally {
      pipeline.leave(bytes)
    }
  }

  #pipelineOf(socket: Socket): Pipeline {
    let pipeline = this.#pipelines.get(socket)
    if (pipeline === undefined) {
      const { budget, admission } = this.#parts
      pipeline = new Pipeline(socket, new MemoryShare(budget), admission.messagesOf(socket))
      this.#pipelines.set(socket, pipeline)
    }
    return pipeline
  }

  async #admitted(request: IncomingMessage, response: ServerResponse, pipeline: Pipeline): Promise<void> {
    const { access, guard, cors, probes, dispatcher } = this.#parts
    const foreign = foreignRefusalOf(request, access)
    if (foreign !== undefined) return this.#refuse(request, response, foreign)
    if (probes.isProbe(request)) return probes.answer(request, response)
    cors.allow(request, response)
    if (cors.preflight(request, response)) return
    const wrong = refusalOf(request, access, 'request') ?? (dispatcher.isReady ? undefined : OVERLOADED)
    if (wrong !== undefined) return this.#refuse(request, response, wrong)
    const identified = guard.identify(request)
    // A remembered token costs no turn.
    const who = identified instanceof Promise ? await identified : identified
    if (response.destroyed) return
    const refusal = this.#refusalOf(request, response, who)
    if (refusal !== undefined) return this.#refuse(request, response, refusal)
    const denied = guard.refusesAnonymous && who.kind !== 'known' ? guard.refusalOf(who) : undefined
    if (denied !== undefined) return this.#deny(request, response, denied)
    const announced = announcedOf(request) ?? 0
    if (announced > this.#settings.limit) return this.#refuse(request, response, TOO_LARGE)
    const share = new RequestMemory(pipeline.memory)
    if (!share.fitsOne(announced)) return this.#refuse(request, response, OVERLOADED)
    if (request.headers.expect !== undefined) response.writeContinue()
    try {
      await this.#answer(request, response, share, who)
    } finally {
      share.set(0)
    }
  }

  /** Checks whether the caller may send a request now. A caller that guesses tokens is slowed down too. */
  #refusalOf(request: IncomingMessage, response: ServerResponse, who: AccessCaller): Refusal | undefined {
    const { admission, dispatcher } = this.#parts
    if (!dispatcher.isReady) return OVERLOADED
    const allowance = admission.admit(callerOf(request.socket, who))
    for (const [name, value] of Object.entries(admission.headers(allowance))) response.setHeader(name, value)
    return allowance?.isAdmitted === false ? TOO_MANY : undefined
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    share: RequestMemory,
    who: AccessCaller,
  ): Promise<void> {
    const { dispatcher, access, admission } = this.#parts
    const message = await this.#read(request, share)
    if (message === 'gone') return
    if (!(message instanceof Uint8Array)) return this.#refuse(request, response, message)
    const weight = weightOf(message)
    if (!dispatcher.isReady || !share.fitsOne(weight)) return this.#refuse(request, response, OVERLOADED)
    share.set(weight)
    const key = callerOf(request.socket, who)
    const charge = (requests: number) => {
      admission.charge(key, requests - 1)
      return undefined
    }
    const caller = dispatcher.caller(share, charge, { who, address: request.socket.remoteAddress })
    const answer = await dispatcher.answer(message, access.forwarded(request), caller)
    if (response.destroyed) return
    // A batch has one status: that of a refusal only if nothing of it was called.
    const refused = caller.admitted === 0 ? caller.refusal : undefined
    return this.#send(answer, request.socket, response, share, refused && httpRefusal(refused))
  }

  /**
   * Sends an answer, and resolves when the caller has read it. A separate function, because the frame of the caller
   * would keep the request in memory.
   */
  #send(
    answer: Uint8Array | undefined,
    socket: Socket,
    response: ServerResponse,
    share: RequestMemory,
    refused: Refusal | undefined,
  ): Promise<void> | undefined {
    if (this.#isDraining) response.setHeader('connection', 'close')
    if (answer === undefined) {
      response.writeHead(refused?.status ?? 204, { ...refused?.headers }).end()
      return undefined
    }
    if (!share.fitsOne(answer.byteLength)) {
      this.#parts.dropped.add(
        'an answer is dropped: callers that do not read their answers have filled the memory limit',
      )
      response.destroy()
      return undefined
    }
    share.set(answer.byteLength)
    this.#begin(socket, response)
    response
      .writeHead(refused?.status ?? 200, {
        'content-type': 'application/json',
        'content-length': answer.byteLength,
        ...refused?.headers,
      })
      .end(answer)
    // Node closes the connection at the time-out because there is no 'timeout' listener; keep-alive has its own
    // time-out.
    if (response.writableLength > 0) response.setTimeout(this.#settings.readTimeoutMs)
    if (response.writableFinished) return undefined
    // Node emits no event for an answer queued behind another when their connection ends.
    return Promise.race([new Promise<void>((resolve) => response.once('close', resolve)), endOf(socket)])
  }

  /** Counts an answer that begins to be sent. */
  #begin(socket: Socket, response: ServerResponse): void {
    const count = (more: number) => this.#sending.set(socket, (this.#sending.get(socket) ?? 0) + more)
    count(1)
    response.once('close', () => count(-1))
  }

  /** Reads the body. */
  #read(request: IncomingMessage, share: RequestMemory): Promise<Uint8Array | Refusal | 'gone'> {
    const { limit } = this.#settings
    const body = new Body(announcedOf(request) ?? limit)
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

  /** Refuses a request whose caller may not call anything. It was not read. */
  #deny(request: IncomingMessage, response: ServerResponse, denied: AccessRefusal): void {
    this.#pipelineOf(request.socket).end()
    this.#parts.guard.refused(denied, request.socket.remoteAddress)
    const { status, headers } = httpRefusal(denied)
    const body = JSON.stringify(accessRefused(null, denied))
    response
      .writeHead(status, {
        connection: 'close',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...headers,
      })
      .end(body)
  }

  /** Refuses a request and closes its connection, so that the rest of the request need not be read. */
  #refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    this.#pipelineOf(request.socket).end()
    this.#refused(request, refusal)
    response.writeHead(refusal.status, headersOf(refusal)).end(refusal.reason)
  }

  #refused({ socket }: IncomingMessage, { reason }: Refusal): void {
    this.#parts.admission.refusals.add({ reason, address: socket.remoteAddress })
  }
}

/** The announced size of a body in bytes. */
function announcedOf({ headers }: IncomingMessage): number | undefined {
  const announced = headers['content-length']
  return announced === undefined ? undefined : Number(announced)
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
