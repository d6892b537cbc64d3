import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ByteBudget } from '../../../core/byte-budget.js'
import type { Logger } from '../../../core/telemetry.js'
import { Body } from '../body.js'
import type { Dispatcher } from './dispatcher.js'
import { type Door, type Refusal, refusalOf } from './door.js'
import { Holding, weightOf } from './holding.js'

const TOO_LARGE: Refusal = { status: 413 }
/** With `Retry-After`: nothing was done for the request. */
const OVERLOADED: Refusal = { status: 503, headers: { 'retry-after': '1' } }

export interface HttpSettings {
  /** Bytes of a request at most. */
  readonly limit: number
  /** How long a caller may take to read the next piece of its answer, in milliseconds. */
  readonly readTimeoutMs: number
}

/** Answers requests over HTTP: a POST with one message, answered when all calls in it are. */
export class HttpRequests {
  readonly #settings: HttpSettings
  readonly #door: Door
  readonly #dispatcher: Dispatcher
  readonly #budget: ByteBudget
  readonly #log: Logger
  #isDraining = false

  constructor(settings: HttpSettings, door: Door, dispatcher: Dispatcher, budget: ByteBudget, log: Logger) {
    this.#settings = settings
    this.#door = door
    this.#dispatcher = dispatcher
    this.#budget = budget
    this.#log = log
  }

  /** From now on each answer is the last of its connection. */
  drain(): void {
    this.#isDraining = true
  }

  /** Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {})
    const refusal = refusalOf(request, this.#door, 'request')
    if (refusal !== undefined) return refuse(response, refusal)
    if (!this.#dispatcher.isReady) return refuse(response, OVERLOADED)
    const announced = Number(request.headers['content-length'] ?? 0)
    if (announced > this.#settings.limit) return refuse(response, TOO_LARGE)
    const holding = new Holding(this.#budget)
    if (!holding.fitsOne(announced)) return refuse(response, OVERLOADED)
    if (request.headers.expect !== undefined) response.writeContinue()
    try {
      await this.#answer(request, response, holding)
    } finally {
      holding.set(0)
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse, holding: Holding): Promise<void> {
    const body = new Body()
    const fault = await this.#read(request, body, holding)
    if (fault === 'gone') return
    if (fault !== undefined) return refuse(response, fault)
    const message = body.bytes()
    const weight = weightOf(message)
    if (!this.#dispatcher.isReady || !holding.fitsOne(weight)) return refuse(response, OVERLOADED)
    holding.set(weight)
    const answer = await this.#dispatcher.answer(message, this.#door.forwarded(request))
    if (response.destroyed) return
    if (this.#isDraining) response.setHeader('connection', 'close')
    if (answer === undefined) return void response.writeHead(204).end()
    if (!holding.fitsOne(answer.byteLength)) {
      this.#log({ level: 'warn', message: 'an answer is dropped: callers that do not read fill the memory' })
      return void response.destroy()
    }
    holding.set(answer.byteLength)
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': answer.byteLength })
      .end(answer)
    // Without a listener of 'timeout' Node ends the connection. Its keep-alive has another time-out afterwards.
    if (response.writableLength > 0) response.setTimeout(this.#settings.readTimeoutMs)
    if (response.writableFinished) return
    // Of answers that wait behind another on their connection, Node says nothing when that ends.
    await Promise.race([new Promise((resolve) => response.once('close', resolve)), endOf(request.socket)])
  }

  /** @returns nothing when the body is complete. */
  #read(request: IncomingMessage, body: Body, holding: Holding): Promise<Refusal | 'gone' | undefined> {
    const { limit } = this.#settings
    return new Promise((resolve) => {
      request.on('data', (piece: Buffer) => {
        const size = body.size + piece.length
        if (size > limit) return resolve(TOO_LARGE)
        if (!holding.fitsOne(size)) return resolve(OVERLOADED)
        body.add(piece)
        holding.set(size)
      })
      request.on('end', () => resolve(undefined))
      request.on('error', () => resolve('gone'))
      request.on('close', () => resolve('gone'))
    })
  }
}

const ends = new WeakMap<Socket, Promise<void>>()

/** Resolves when the connection is closed. One listener serves all requests that are under way on it. */
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

/** The rest of the request is of no use: the connection goes with it. */
function refuse(response: ServerResponse, { status, headers }: Refusal): void {
  response.writeHead(status, { ...headers, 'content-length': 0, connection: 'close' }).end()
}
