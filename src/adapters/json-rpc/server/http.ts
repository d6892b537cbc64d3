import type { IncomingMessage, ServerResponse } from 'node:http'
import { Body } from '../body.js'
import type { Dispatcher } from './dispatcher.js'
import { type Door, type Refusal, refusalOf } from './door.js'

const TOO_LARGE: Refusal = { status: 413 }
const OVERLOADED: Refusal = { status: 503, headers: { 'retry-after': '1' } }

export interface HttpSettings {
  /** Bytes of a request at most. */
  readonly limit: number
  /** Bytes of all requests together that are being read or answered. */
  readonly budget: number
}

/** Answers requests over HTTP: a POST with one message, answered when all calls in it are. */
export class HttpRequests {
  readonly #settings: HttpSettings
  readonly #door: Door
  readonly #dispatcher: Dispatcher
  #held = 0

  constructor(settings: HttpSettings, door: Door, dispatcher: Dispatcher) {
    this.#settings = settings
    this.#door = door
    this.#dispatcher = dispatcher
  }

  /** Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {})
    const refusal = refusalOf(request, this.#door, 'request')
    if (refusal !== undefined) return refuse(response, refusal)
    if (!this.#dispatcher.isReady) return refuse(response, OVERLOADED)
    if (Number(request.headers['content-length']) > this.#settings.limit) return refuse(response, TOO_LARGE)
    if (request.headers.expect !== undefined) response.writeContinue()
    const body = new Body()
    try {
      const fault = await this.#read(request, body)
      if (fault === 'gone') return
      if (fault !== undefined) return refuse(response, fault)
      const answer = await this.#dispatcher.answer(body.bytes(), this.#door.forwarded(request))
      if (response.destroyed) return
      if (answer === undefined) response.writeHead(204).end()
      else
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-length': answer.byteLength })
          .end(answer)
    } finally {
      this.#held -= body.size
    }
  }

  /** @returns nothing when the body is complete. */
  #read(request: IncomingMessage, body: Body): Promise<Refusal | 'gone' | undefined> {
    const { limit, budget } = this.#settings
    return new Promise((resolve) => {
      request.on('data', (piece: Buffer) => {
        if (body.size + piece.length > limit) return resolve(TOO_LARGE)
        if (this.#held + piece.length > budget) return resolve(OVERLOADED)
        body.add(piece)
        this.#held += piece.length
      })
      request.on('end', () => resolve(undefined))
      request.on('error', () => resolve('gone'))
      request.on('close', () => resolve('gone'))
    })
  }
}

/** The rest of the request is of no use: the connection goes with it. */
function refuse(response: ServerResponse, { status, headers }: Refusal): void {
  response.writeHead(status, { ...headers, 'content-length': 0, connection: 'close' }).end()
}
