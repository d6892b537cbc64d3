import { Buffer } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { SerializeError } from '../../core/errors.js'

/** A complete answer. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface ExchangeSettings {
  readonly path: string
  /** Name, value, name, value. */
  readonly headers: string[]
  /** Bytes of an answer's body at most. */
  readonly limit: number
  readonly pipelined: boolean
}

/** A request that did not lead to an answer; why is its `cause`. */
export class ExchangeFailure extends Error {
  /** Whether any of it may have reached the server. */
  readonly sent: boolean
  constructor(sent: boolean, cause: unknown) {
    super('the exchange failed', { cause })
    this.sent = sent
  }
}

/**
 * Posts a body and reads the whole answer. Time-outs are the signal's matter.
 * @throws the signal's reason as it is; anything else as the cause of an `ExchangeFailure`
 */
export function exchange(
  pool: Dispatcher,
  body: Uint8Array,
  settings: ExchangeSettings,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const { path, headers, pipelined } = settings
    const request: Dispatcher.DispatchOptions = { method: 'POST', path, headers, body: body as Buffer }
    // undici pipelines nothing that is not said to be idempotent.
    if (pipelined) Object.assign(request, { idempotent: true, blocking: false })
    const handler = new Exchange(settings.limit, signal, resolve, reject)
    try {
      pool.dispatch(request, handler)
    } catch (error) {
      handler.fail(error)
    }
  })
}

/** One answer as it comes in. Settles once; what undici still says afterwards is ignored. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #limit: number
  readonly #signal: AbortSignal
  readonly #resolve: (answer: HttpAnswer) => void
  readonly #reject: (reason: unknown) => void
  #controller: Dispatcher.DispatchController | undefined
  #settled = false
  #status = 0
  #headers: IncomingHttpHeaders = {}
  readonly #chunks: Buffer[] = []
  #size = 0

  constructor(
    limit: number,
    signal: AbortSignal,
    resolve: (answer: HttpAnswer) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#limit = limit
    this.#signal = signal
    this.#resolve = resolve
    this.#reject = reject
    signal.addEventListener('abort', this, { once: true })
  }

  /** The signal fired. A request still in the queue is dropped when its turn comes. */
  handleEvent(): void {
    this.#settle()
    this.#controller?.abort(this.#signal.reason)
    this.#reject(this.#signal.reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#settled) controller.abort(this.#signal.reason)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return
    this.#status = status
    this.#headers = headers
    const announced = Number(headers['content-length'])
    if (announced > this.#limit) this.#tooLarge(announced)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > this.#limit) this.#tooLarge(this.#size)
    else if (!this.#settled) this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#settled) return
    this.#settle()
    const body = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    this.#resolve({ status: this.#status, headers: this.#headers, body })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    this.fail(error)
  }

  #tooLarge(size: number): void {
    this.fail(new SerializeError(`the answer has ${size} bytes or more; the limit is ${this.#limit} bytes`))
    this.#controller?.abort(new Error('the answer is too large'))
  }

  /** Ends it without an answer. */
  fail(error: unknown): void {
    if (this.#settled) return
    this.#settle()
    this.#reject(new ExchangeFailure(this.#controller !== undefined, error))
  }

  #settle(): void {
    this.#settled = true
    this.#signal.removeEventListener('abort', this)
  }
}
