import { checkArgument, FUNCTION, NAME, TEXT } from '../core/arguments.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import { SerializeError, UnsupportedError } from '../core/errors/operation.js'
import { RpcError } from '../core/errors/rpc.js'
import { INSPECT, shownAs } from '../core/inspect.js'
import { type ErrorRecord, encodeError, messageOf } from '../mailbox/error-codec.js'
import type { IntegrationMail, OpenSource, SourceHandler } from '../mailbox/integration-mail.js'
import { MessageRun } from '../mailbox/message-run.js'
import type { Work, Worker } from '../mailbox/work.js'
import { INTERNAL_ERROR, type RpcHandler, RpcRoutes } from '../router/rpc-routes.js'
import { ServedRequest } from './served-request.js'

/**
 * Serves methods over an integration or a `server` block (specification, "RPC Server"). All methods may be called
 * concurrently; after `close` the server can serve again.
 */
export class RpcServer implements Worker {
  readonly #mail: IntegrationMail
  readonly #registered = new RpcRoutes()
  /** Routes of the last successful `serve`. */
  #served = new RpcRoutes()
  readonly #onError: (method: string, error: unknown) => void
  /** Open sources by method. */
  readonly #sources = new Map<string, OpenSource>()
  #steps: Promise<void> = Promise.resolve()
  #running = 0

  /** @internal */
  constructor(mail: IntegrationMail, work: Work, onError: (method: string, error: unknown) => void) {
    this.#mail = mail
    this.#onError = onError
    work.add(this)
  }

  /** Whether a handler is running. @internal */
  get isBusy(): boolean {
    return this.#running > 0
  }

  /** Name of the server or integration. */
  get name(): string {
    return this.#mail.name
  }

  /**
   * Registers the handler of a method, effective with the next `serve`. A later handler for the same method replaces
   * it.
   * @param method the method as callers name it
   * @param handler called on this thread with the parameters; its result is the answer
   * @returns this server, to register the next
   * @throws ConfigError
   */
  register(method: string, handler: RpcHandler): this {
    const context = { integration: this.#mail.name }
    checkArgument('register', 'method', method, TEXT, context)
    checkArgument('register', 'handler', handler, FUNCTION, context)
    this.#registered.register(method, handler)
    return this
  }

  /**
   * Serves all registered methods, across restarts of the actor. Called again, it adds methods and handlers
   * registered since; calls in flight are answered. If it fails, only what was served before is still served.
   * Resolves when requests reach all of them.
   * @throws UnsupportedError if the protocol cannot serve; ConfigError for an empty name; the error of the first
   *   method that is refused
   */
  serve(): Promise<void> {
    return this.#enqueue(() => this.#replace(this.#registered.copy()))
  }

  /**
   * Stops serving; requests in flight are answered. Never rejects. Idempotent. Resolves when the broker has been
   * told.
   */
  close(): Promise<void> {
    return this.#enqueue(async () => {
      const sources = [...this.#sources.values()]
      this.#sources.clear()
      this.#served = new RpcRoutes()
      await Promise.all(sources.map((source) => source.close()))
    })
  }

  /** Returns what `console.log` shows. @internal */
  [INSPECT](): object {
    return shownAs('RpcServer', { name: this.name, type: this.#mail.type, served: this.#served.methods })
  }

  /** Runs changes one at a time. */
  #enqueue(step: () => Promise<void>): Promise<void> {
    const done = this.#steps.then(step)
    this.#steps = done.catch(() => {})
    return done
  }

  async #replace(routes: RpcRoutes): Promise<void> {
    if (!this.#mail.supports('serve'))
      throw new UnsupportedError(`serve over ${this.#mail.type}`, { integration: this.#mail.name })
    // Methods already served keep their subscription and get their handler from the new routes.
    const added = routes.methods.filter((method) => !this.#sources.has(method))
    for (const method of added)
      checkArgument('serve', 'method', method, NAME, { integration: this.#mail.name })
    const opened = new Map<string, OpenSource>()
    const outcomes = await Promise.allSettled(
      added.map(async (method) => opened.set(method, await this.#open(method, routes))),
    )
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) {
      await Promise.all([...opened.values()].map((source) => source.close()))
      throw failed.reason
    }
    this.#served = routes
    for (const [method, source] of opened) this.#sources.set(method, source)
  }

  #open(method: string, routes: RpcRoutes): Promise<OpenSource> {
    const wanted = { kind: 'service', window: this.#mail.window, decode: 'value', overflow: 'block' } as const
    return this.#mail.open('serve', method, wanted, this.#handler(method, routes))
  }

  /** @param routes routes for requests that arrive before all methods are open */
  #handler(method: string, routes: RpcRoutes): SourceHandler {
    return {
      receive: (run, names, life) => {
        const requests = new MessageRun(run, names, life)
        for (let i = 0; i < requests.count; i++)
          void this.#serve(method, this.#served.has(method) ? this.#served : routes, requests, i)
      },
      dropped: () => {},
      restarted: () => {},
      ended: (error) => {
        this.#sources.delete(method)
        if (!(error instanceof ShutdownError)) this.#onError(method, error)
      },
    }
  }

  async #serve(method: string, routes: RpcRoutes, requests: MessageRun, index: number): Promise<void> {
    this.#running++
    await this.#answer(method, routes, requests, index)
    this.#running--
  }

  /** Answers one request. Never rejects. */
  async #answer(method: string, routes: RpcRoutes, requests: MessageRun, index: number): Promise<void> {
    const extras = requests.extras(index)!
    const context = new ServedRequest(method, extras.headers ?? {})
    let outcome: unknown
    /** The answer if the outcome cannot be serialised: the caller must get one. */
    let fallback: ErrorRecord = encodeError(new RpcError(INTERNAL_ERROR, 'Internal error'))
    try {
      const value = await routes.handle(requests.value(index, undefined), context)
      outcome = { ok: true, value: value ?? null }
    } catch (error) {
      const refusal = refusalOf(error)
      this.#onError(method, refusal.cause ?? refusal)
      // The cause is not sent, because it may reveal internals.
      const { cause: _cause, stack: _stack, ...record } = encodeError(refusal)
      outcome = { ok: false, error: record }
      const { data: _data, ...fields } = record.fields
      fallback = { ...record, fields }
    }
    const answer = (crossing: unknown) =>
      this.#mail.settle('answer', requests.life, { token: extras.token!, outcome: crossing })
    await answer(outcome)
      .catch((error: unknown) => {
        if (!(error instanceof SerializeError)) return false
        this.#onError(method, error)
        return answer({ ok: false, error: fallback })
      })
      .catch(() => false)
  }
}

/** Converts a handler's error for the caller. A code that is not an integer exists in no protocol. */
function refusalOf(error: unknown): RpcError {
  if (!(error instanceof RpcError))
    return new RpcError(INTERNAL_ERROR, 'Internal error', undefined, { cause: error })
  if (isCode(error.code) && typeof error.message === 'string') return error
  const { code, data } = error
  const cause = new RangeError(
    `RpcError: expected a 32-bit integer as the code, found ${typeof code === 'number' ? code : typeof code}; sent ${INTERNAL_ERROR} instead`,
    { cause: error },
  )
  return new RpcError(INTERNAL_ERROR, messageOf(error), data, { cause })
}

function isCode(code: unknown): boolean {
  return Number.isInteger(code) && Math.abs(code as number) < 2 ** 31
}
