import type { IntegrationError } from '../../../core/errors.js'
import { NoResponders, type Request, type Requests } from './requests.js'

/** Numbers of errors of the JetStream API that we tell apart. */
export const API_ERROR = {
  consumerNotFound: 10_014,
  streamNameInUse: 10_058,
  streamNotFound: 10_059,
  subjectsOverlap: 10_065,
} as const

/** JetStream answered a request of its API with an error. */
export class JetStreamApiError extends Error {
  /** JetStream's own number. */
  readonly number: number
  /** As in HTTP: 404, 503. */
  readonly status: number
  constructor(number: number, status: number, description: string) {
    super(description)
    this.number = number
    this.status = status
  }
}

/** Where a stream has put a message. */
export interface Stored {
  readonly stream: string
  readonly sequence: number
  /** It was there already, under the same id. */
  readonly duplicate: boolean
}

const NO_BYTES = new Uint8Array(0)

/** The JetStream API over one connection: requests in JSON. */
export class JetStream {
  readonly #requests: Requests
  readonly #prefix: string

  constructor(requests: Requests, domain: string | undefined) {
    this.#requests = requests
    this.#prefix = domain === undefined ? '$JS.API' : `$JS.${domain}.API`
  }

  /** The subject of a call of the API. */
  subject(call: string): string {
    return `${this.#prefix}.${call}`
  }

  /**
   * Calls the API.
   * @throws JetStreamApiError, NoResponders (no JetStream, or none at present), and what a request throws
   */
  async call(call: string, body: object | undefined, deadline: number): Promise<Record<string, unknown>> {
    const payload = body === undefined ? NO_BYTES : Buffer.from(JSON.stringify(body))
    const request = { subject: this.subject(call), payload }
    const reply = await this.#requests.send(`JetStream ${call}`, request, deadline)
    return parseAnswer(reply.payload)
  }

  /**
   * Publishes to whatever stream keeps the subject.
   * @returns `undefined` when none does
   * @throws what `failure` makes of a refusal, and what a request throws
   */
  async publish(
    operation: string,
    request: Request,
    deadline: number,
    failure: (reason: string, context: { retryable?: boolean; notExecuted?: boolean }) => IntegrationError,
  ): Promise<Stored | undefined> {
    try {
      const reply = await this.#requests.send(operation, request, deadline)
      const { stream, seq, duplicate } = parseAnswer(reply.payload)
      if (typeof stream !== 'string' || typeof seq !== 'number')
        throw failure('what answered is no JetStream stream', {})
      return { stream, sequence: seq, duplicate: duplicate === true }
    } catch (error) {
      if (error instanceof NoResponders) return undefined
      if (error instanceof JetStreamApiError)
        throw failure(error.message, { retryable: error.status === 503, notExecuted: true })
      throw error
    }
  }
}

function parseAnswer(payload: Uint8Array): Record<string, unknown> {
  let answer: unknown
  try {
    answer = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString())
  } catch {
    throw new JetStreamApiError(0, 0, 'an answer that is not JSON')
  }
  if (typeof answer !== 'object' || answer === null)
    throw new JetStreamApiError(0, 0, 'an answer that is not an object')
  const { error } = answer as { error?: { err_code?: unknown; code?: unknown; description?: unknown } }
  if (error !== undefined && error !== null)
    throw new JetStreamApiError(
      Number(error.err_code) || 0,
      Number(error.code) || 0,
      String(error.description ?? 'JetStream refused the request'),
    )
  return answer as Record<string, unknown>
}

/** JetStream counts in nanoseconds. */
export const nanos = (ms: number): number => Math.round(ms * 1_000_000)
