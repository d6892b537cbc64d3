import type { IntegrationError } from '../../../core/errors/integration-error.js'
import { NoResponders, type Request, type Requests } from './requests.js'

/** Error numbers of the JetStream API that the adapter distinguishes. */
export const API_ERROR = {
  consumerNotFound: 10_014,
  streamNameInUse: 10_058,
  streamNotFound: 10_059,
  subjectsOverlap: 10_065,
} as const

/** An error answer of the JetStream API. */
export class JetStreamApiError extends Error {
  /** The error number of JetStream (`err_code`). */
  readonly number: number
  /** A status as in HTTP, such as 404 or 503. */
  readonly status: number
  constructor(number: number, status: number, description: string) {
    super(description)
    this.number = number
    this.status = status
  }
}

/** The place of a stored message. */
export interface Stored {
  readonly stream: string
  readonly sequence: number
  /** Whether the stream already had a message with this id. */
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

  /** Returns the subject of an API call. */
  subject(call: string): string {
    return `${this.#prefix}.${call}`
  }

  /**
   * Calls the API.
   * @param deadline `clock.monotonic()` milliseconds
   * @throws JetStreamApiError, NoResponders (JetStream is disabled or unavailable), and the errors of a request
   */
  async call(call: string, body: object | undefined, deadline: number): Promise<Record<string, unknown>> {
    const payload = body === undefined ? NO_BYTES : Buffer.from(JSON.stringify(body))
    const request = { subject: this.subject(call), payload }
    const reply = await this.#requests.send(`JetStream ${call}`, request, deadline)
    return parseAnswer(reply.payload)
  }

  /**
   * Publishes to the stream that stores the subject.
   * @returns undefined if no stream does
   * @throws what `failure` makes of a refusal, and the errors of a request
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
        throw failure(
          'expected the answer of a JetStream stream: another subscriber of the subject has answered',
          {},
        )
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
    throw new JetStreamApiError(0, 0, 'the answer is not JSON')
  }
  if (typeof answer !== 'object' || answer === null)
    throw new JetStreamApiError(0, 0, 'the answer is not a JSON object')
  const { error } = answer as { error?: { err_code?: unknown; code?: unknown; description?: unknown } }
  if (error !== undefined && error !== null)
    throw new JetStreamApiError(
      Number(error.err_code) || 0,
      Number(error.code) || 0,
      String(error.description ?? 'JetStream refused the request'),
    )
  return answer as Record<string, unknown>
}

/** Converts to nanoseconds, the unit of JetStream. */
export const nanos = (ms: number): number => Math.round(ms * 1_000_000)
