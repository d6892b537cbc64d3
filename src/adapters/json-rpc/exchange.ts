import type { Buffer } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Attempt } from '../../core/adapter/attempt.js'
import type { Timer } from '../../core/clock.js'
import { SerializeError, TimeoutError } from '../../core/errors/operation.js'
import type { IncomingAnswer, IncomingAnswers } from '../../core/incoming-answers.js'
import { Body } from './body.js'
import type { ConnectionPool, PooledHandler } from './connection-pool.js'
import { withOwnHeaders } from './own-headers.js'
import type { SignalWatch, Watched } from './signal-watch.js'

/**
 * The core ends an attempt at its deadline. The exchange ends it only this many milliseconds later, in case the
 * core has not.
 */
const SLACK_MS = 100

/**
 * A queued request ends this many milliseconds before its deadline: only the exchange, not the core, can tell that
 * it was not sent.
 */
const EARLY_MS = 5

/** A complete answer to an HTTP request. */
export interface HttpAnswer {
  /** URL of the request. */
  readonly url: string
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The memory of the answer, which its reader releases; absent for an answer that arrived in one piece. */
  readonly memory?: IncomingAnswer | undefined
}

export interface ExchangeSettings {
  readonly integration: string
  readonly origin: string
  readonly path: string
  /** Name, value, name, value. */
  readonly headers: string[]
  /** Maximum size of an answer's body in bytes. */
  readonly limit: number
  /** Counts the answers that arrive in more than one piece. */
  readonly incoming: IncomingAnswers
  readonly pipelined: boolean
  readonly poolSize: number
}

/** A request without an answer; `cause` is the reason. */
export class ExchangeFailure extends Error {
  /** Whether part of the request may have reached the server. */
  readonly sent: boolean
  constructor(sent: boolean, cause: unknown) {
    super('the exchange failed', { cause })
    this.sent = sent
  }
}

/**
 * Posts a body and reads the whole answer; the signal sets the time limit. An attempt aborted before the request is
 * sent may still be sent, because its signal is read only after a while.
 * @throws the signal's reason as it is; any other failure as the cause of an `ExchangeFailure`
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
    // undici pipelines only requests marked idempotent.
    if (pipelined) Object.assign(request, { idempotent: true, blocking: false })
    pool.dispatch(request, new Exchange(settings, operation, watch, resolve, reject))
  })
}

/** Receives one answer. Settles once; later events of undici are ignored. */
class Exchange implements PooledHandler, Watched {
  onOver: ((failed: boolean) => void) | undefined
  readonly #settings: ExchangeSettings
  readonly #operation: Attempt
  readonly #watch: SignalWatch
  readonly #number: number
  readonly #resolve: (answer: HttpAnswer) => void
  readonly #reject: (reason: unknown) => void
  #controller: Dispatcher.DispatchController | undefined
  /**
   * Deadline of this attempt. It is copied because the operation may have moved on to its next attempt when it is
   * read.
   */
  readonly #deadline: number
  /** Set when the exchange begins to listen to it. */
  #signal: AbortSignal | undefined
  #timer: Timer | undefined
  #settled = false
  #status = 0
  #headers: IncomingHttpHeaders = {}
  #body = new Body()
  #memory: IncomingAnswer | undefined

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
   * Listens to the signal and starts a timer for the deadline. A signal first read after the attempt ended may
   * never fire, so the timer keeps the connection from being held forever.
   */
  listen(): void {
    const { signal } = this.#operation
    this.#signal = signal
    const { clock } = this.#watch
    const left = this.#deadline - clock.monotonic()
    if (signal.aborted) this.#abort(signal.reason)
    else {
      signal.addEventListener('abort', this, { once: true })
      if (left < Number.POSITIVE_INFINITY) this.#timeOutIn(left)
    }
  }

  /** Handles the `abort` event of the signal. */
  handleEvent(): void {
    this.#abort(this.#signal!.reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#settled) controller.abort(new Error('the request was cancelled'))
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
    const { limit } = this.#settings
    if (announced > limit) this.#tooLarge(announced)
    else this.#body = new Body(announced >= 0 ? announced : limit)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return
    const size = this.#body.size + chunk.length
    if (size > this.#settings.limit) return this.#tooLarge(size)
    const isFirst = this.#body.size === 0
    this.#body.add(chunk)
    if (isFirst) return
    this.#memory ??= this.#settings.incoming.begin(controller)
    this.#memory.set(this.#body.held)
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
      memory: this.#memory,
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

  /** Rejects and aborts the request; undici drops a queued request when its turn comes. */
  #abort(reason: Error): void {
    if (this.#settled) return
    this.#settle()
    this.#memory?.end()
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
        this.#abort(this.#timeout())
      },
      { background: true },
    )
  }

  #timeout(): TimeoutError {
    const { integration, poolSize } = this.#settings
    if (this.#controller !== undefined) return new TimeoutError('the request', { integration })
    // `onOver` is set once the pool has chosen a connection, which is still connecting.
    if (this.onOver !== undefined) return new TimeoutError('connecting', { integration, notExecuted: true })
    const operation = `waiting for a connection: pool_size (${poolSize}) reached:`
    return new TimeoutError(operation, { integration, notExecuted: true, fault: 'local' })
  }

  #tooLarge(size: number): void {
    const { limit, integration } = this.#settings
    const reason = `the answer has at least ${size} bytes; the limit is ${limit} bytes`
    this.#fail(new SerializeError(reason, { integration }))
    this.#controller?.abort(new Error(reason))
  }

  /** Rejects with an `ExchangeFailure`, unless the exchange has settled. */
  #fail(error: unknown): void {
    if (this.#settled) return
    this.#settle()
    this.#memory?.end()
    this.#reject(new ExchangeFailure(this.#controller !== undefined, error))
  }

  #settle(): void {
    this.#settled = true
    this.#timer?.cancel()
    if (this.#signal === undefined) this.#watch.delete(this.#number)
    else this.#signal.removeEventListener('abort', this)
  }
}
