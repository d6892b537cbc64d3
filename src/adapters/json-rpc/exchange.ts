import type { Buffer } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Attempt } from '../../core/adapter.js'
import type { Timer } from '../../core/clock.js'
import { SerializeError, TimeoutError } from '../../core/errors.js'
import { Body } from './body.js'
import type { ConnectionPool, PooledHandler } from './connection-pool.js'
import { withOwnHeaders } from './own-headers.js'
import type { SignalWatch, Watched } from './signal-watch.js'

/** How much later than the deadline a request is ended that nobody has ended: whoever made it goes first, in milliseconds. */
const SLACK_MS = 100

/** A request that waits for a connection is ended this much before the core would end it, who cannot tell that it was not sent. */
const EARLY_MS = 5

/** A complete answer. */
export interface HttpAnswer {
  /** What was asked. */
  readonly url: string
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface ExchangeSettings {
  readonly integration: string
  readonly origin: string
  readonly path: string
  /** Name, value, name, value. */
  readonly headers: string[]
  /** Bytes of an answer's body at most. */
  readonly limit: number
  readonly pipelined: boolean
  readonly poolSize: number
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
 * An attempt given up before it begins may still be sent: its signal is looked at only after a while.
 * @throws the signal's reason as it is; anything else as the cause of an `ExchangeFailure`
 */
export function exchange(
  pool: ConnectionPool,
  body: Uint8Array,
  settings: ExchangeSettings,
  operation: Attempt,
  watch: SignalWatch,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { path, pipelined } = settings
    const headers = withOwnHeaders(settings.headers, operation.headers, settings.integration)
    const request: Dispatcher.DispatchOptions = { method: 'POST', path, headers, body: body as Buffer }
    // undici pipelines nothing that is not said to be idempotent.
    if (pipelined) Object.assign(request, { idempotent: true, blocking: false })
    pool.dispatch(request, new Exchange(settings, operation, watch, resolve, reject))
  })
}

/** One answer as it comes in. Settles once; what undici still says afterwards is ignored. */
class Exchange implements PooledHandler, Watched {
  onOver: ((failed: boolean) => void) | undefined
  readonly #settings: ExchangeSettings
  readonly #operation: Attempt
  readonly #watch: SignalWatch
  readonly #number: number
  readonly #resolve: (answer: HttpAnswer) => void
  readonly #reject: (reason: unknown) => void
  #controller: Dispatcher.DispatchController | undefined
  /** Of this attempt: the operation may be at its next one by the time it is looked at. */
  readonly #deadline: number
  /** Once it is listened to. */
  #signal: AbortSignal | undefined
  #timer: Timer | undefined
  #settled = false
  #status = 0
  #headers: IncomingHttpHeaders = {}
  readonly #body = new Body()

  constructor(
    settings: ExchangeSettings,
    operation: Attempt,
    watch: SignalWatch,
    resolve: (answer: HttpAnswer) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#settings = settings
    this.#operation = operation
    this.#deadline = operation.deadline
    this.#watch = watch
    this.#resolve = resolve
    this.#reject = reject
    this.#number = watch.add(this)
  }

  /**
   * An attempt that was given up before its signal was first asked for may have a signal that never fires, so the
   * deadline is kept as well: a connection is held no longer than that.
   */
  listen(): void {
    const { signal } = this.#operation
    this.#signal = signal
    const { clock } = this.#watch
    const left = this.#deadline - clock.monotonic()
    if (signal.aborted) this.#giveUp(signal.reason)
    else {
      signal.addEventListener('abort', this, { once: true })
      if (left < Number.POSITIVE_INFINITY) this.#timeOutIn(left)
    }
  }

  /** The signal fired. */
  handleEvent(): void {
    this.#giveUp(this.#signal!.reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#settled) controller.abort(new Error('the request was given up'))
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
    if (announced > this.#settings.limit) this.#tooLarge(announced)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return
    const size = this.#body.size + chunk.length
    if (size > this.#settings.limit) this.#tooLarge(size)
    else this.#body.add(chunk)
  }

  onResponseEnd(): void {
    this.#over(false)
    if (this.#settled) return
    this.#settle()
    const { origin, path } = this.#settings
    this.#resolve({
      url: origin + path,
      status: this.#status,
      headers: this.#headers,
      body: this.#body.bytes(),
    })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    this.#over(true)
    this.#fail(error)
  }

  #over(failed: boolean): void {
    const over = this.onOver
    this.onOver = undefined
    over?.(failed)
  }

  /** A request still in the queue is dropped when its turn comes. */
  #giveUp(reason: Error): void {
    if (this.#settled) return
    this.#settle()
    this.#reject(reason)
    this.#controller?.abort(reason)
  }

  #timeOutIn(left: number): void {
    const { clock } = this.#watch
    const isSent = this.#controller !== undefined
    this.#timer = clock.setTimer(
      isSent ? left + SLACK_MS : left - EARLY_MS,
      () => {
        if (!isSent && this.#controller !== undefined)
          return this.#timeOutIn(this.#deadline - clock.monotonic())
        this.#giveUp(this.#timeout())
      },
      { background: true },
    )
  }

  #timeout(): TimeoutError {
    const { integration, poolSize } = this.#settings
    if (this.#controller !== undefined) return new TimeoutError('the request', { integration })
    // The pool has set it for a connection that is being made.
    if (this.onOver !== undefined) return new TimeoutError('connecting', { integration, notExecuted: true })
    const operation = `waiting for a connection: all are in use (pool_size ${poolSize}):`
    return new TimeoutError(operation, { integration, notExecuted: true, fault: 'local' })
  }

  #tooLarge(size: number): void {
    const { limit, integration } = this.#settings
    const reason = `the answer has ${size} bytes or more; the limit is ${limit} bytes`
    this.#fail(new SerializeError(reason, { integration }))
    this.#controller?.abort(new Error(reason))
  }

  /** Ends it without an answer. */
  #fail(error: unknown): void {
    if (this.#settled) return
    this.#settle()
    this.#reject(new ExchangeFailure(this.#controller !== undefined, error))
  }

  #settle(): void {
    this.#settled = true
    this.#timer?.cancel()
    if (this.#signal === undefined) this.#watch.delete(this.#number)
    else this.#signal.removeEventListener('abort', this)
  }
}
