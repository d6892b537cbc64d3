import { ANYTHING, checkArgument, checkOptions, FUNCTION, NAME, TEXT } from '../core/arguments.js'
import { ConfigError } from '../core/errors/config.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import { SerializeError, UnsupportedError } from '../core/errors/operation.js'
import { INSPECT, shownAs } from '../core/inspect.js'
import { isInternal } from '../core/internal-methods.js'
import type { Logger } from '../core/telemetry.js'
import { type ErrorRecord, messageOf } from '../mailbox/error-codec.js'
import type { IntegrationMail, OpenSource, SourceHandler } from '../mailbox/integration-mail.js'
import { MessageRun } from '../mailbox/message-run.js'
import type { Work, Worker } from '../mailbox/work.js'
import { INTERNAL_ERROR, type RpcHandler, RpcRoutes } from '../router/rpc-routes.js'
import { AnswerFlow, type MethodFlow } from './answer-flow.js'
import { isStream, sendParts } from './answer-stream.js'
import { type BuiltIns, DISCOVER_METHOD } from './built-ins.js'
import type { MethodDescription } from './method-description.js'
import { openRpcDocument } from './openrpc.js'
import { errorRecord, refusalOf, withoutData } from './refusal.js'
import { ServedRequest } from './served-request.js'

const DESCRIPTION = { description: TEXT, params: ANYTHING, result: ANYTHING } as const
const INTERNAL = errorRecord(INTERNAL_ERROR, 'Internal error')

/**
 * Serves methods over an integration or a `server` block (specification, "RPC Server"). All methods may be called
 * concurrently; after `close` the server can serve again.
 */
export class RpcServer implements Worker {
  readonly #mail: IntegrationMail
  readonly #registered = new RpcRoutes()
  readonly #descriptions = new Map<string, MethodDescription>()
  readonly #builtInNames = new Set<string>()
  /** Routes of the last successful `serve`. */
  #served = new RpcRoutes()
  readonly #onError: (method: string, error: unknown) => void
  readonly #log: Logger
  /** Open sources by method. */
  readonly #sources = new Map<string, OpenSource>()
  #steps: Promise<void> = Promise.resolve()
  /** Requests that have been received and not answered. */
  #unanswered = 0
  readonly #flow: AnswerFlow

  /** @internal */
  constructor(
    mail: IntegrationMail,
    work: Work,
    onError: (method: string, error: unknown) => void,
    log: Logger,
    builtIns?: BuiltIns,
  ) {
    this.#mail = mail
    this.#onError = onError
    this.#flow = new AnswerFlow(mail.mailbox.bytes)
    this.#log = log
    for (const [method, handler] of builtIns?.methods ?? []) this.#builtIn(method, handler)
    if (builtIns?.discover)
      this.#builtIn(DISCOVER_METHOD, () => openRpcDocument(this.name, this.#describedMethods()))
    work.add(this)
  }

  /** Whether a request waits for its answer. @internal */
  get isBusy(): boolean {
    return this.#unanswered > 0
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
   * @param description what callers learn by `rpc.discover`
   * @returns this server, to register the next
   * @throws ConfigError
   */
  register(method: string, handler: RpcHandler, description: MethodDescription = {}): this {
    const context = { integration: this.#mail.name }
    checkArgument('register', 'method', method, TEXT, context)
    checkArgument('register', 'handler', handler, FUNCTION, context)
    checkOptions('register', description, DESCRIPTION, context)
    if (isInternal(method))
      throw new ConfigError(`register: the method "${method}" is the gateway's own`, [], context)
    this.#registered.register(method, handler)
    this.#descriptions.set(method, description)
    this.#builtInNames.delete(method)
    return this
  }

  #builtIn(method: string, handler: RpcHandler): void {
    this.#registered.register(method, handler)
    this.#builtInNames.add(method)
  }

  /** The methods of the application that are served. */
  #describedMethods(): (readonly [string, MethodDescription])[] {
    return this.#ownMethods.map((method) => [method, this.#descriptions.get(method) ?? {}])
  }

  get #ownMethods(): string[] {
    return this.#served.methods.filter((method) => !this.#builtInNames.has(method))
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
    return shownAs('RpcServer', { name: this.name, type: this.#mail.type, served: this.#ownMethods })
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
    const flow = this.#flow.method()
    let unanswered = 0
    const serve = async (requests: MessageRun, index: number) => {
      const current = this.#served.has(method) ? this.#served : routes
      await this.#answer(method, current, flow, requests, index)
      unanswered--
      this.#unanswered--
    }
    return {
      isBuiltIn: this.#builtInNames.has(method),
      inHand: () => unanswered,
      receive: (run, names, life) => {
        const requests = new MessageRun(run, names, life)
        unanswered += requests.count
        this.#unanswered += requests.count
        for (let i = 0; i < requests.count; i++)
          if (flow.hasRoom) void serve(requests, i)
          else flow.whenRoom(() => void serve(requests, i))
      },
      dropped: () => {},
      restarted: () => {},
      refused: (error) => this.#report('warn', `cannot serve ${method}; trying again`, method, error),
      ended: (error) => {
        this.#sources.delete(method)
        if (error instanceof ShutdownError) return
        this.#report('error', `${method} is no longer served; call serve() again`, method, error)
      },
    }
  }

  #report(level: 'warn' | 'error', message: string, method: string, error: Error): void {
    this.#log({ level, message, integration: this.#mail.name, method, reason: messageOf(error) })
  }

  /** Answers one request. Never rejects. */
  async #answer(
    method: string,
    routes: RpcRoutes,
    flow: MethodFlow,
    requests: MessageRun,
    index: number,
  ): Promise<void> {
    const { token, headers = {}, identity } = requests.extras(index)!
    const reserved = flow.begin()
    let outcome: unknown
    /** The answer if the outcome cannot be serialised: the caller must get one. */
    let fallback: ErrorRecord
    let bytes: number
    try {
      const result = routes.handle(
        requests.value(index, undefined),
        new ServedRequest(method, headers, identity),
      )
      // A value is measured at once, so that the next handler starts only if there is room for its answer.
      let value = (isThenable(result) ? await result : result) ?? null
      if (isStream(value)) {
        const { life } = requests
        await sendParts(value, flow, (part) =>
          this.#mail.settle('answer', life, {
            token: token!,
            outcome: { ok: true, value: part },
            isPart: true,
          }),
        )
        value = []
      }
      bytes = flow.answered(reserved, value)
      outcome = { ok: true, value }
      fallback = INTERNAL
    } catch (error) {
      const { record, reported } = refusalOf(error)
      if (reported !== undefined) this.#onError(method, reported)
      bytes = flow.answered(reserved, record.fields.data)
      outcome = { ok: false, error: record }
      fallback = withoutData(record)
    }
    const turn = flow.cross(bytes)
    if (turn !== undefined) await turn
    const answer = (crossing: unknown) =>
      this.#mail.settle('answer', requests.life, { token: token!, outcome: crossing })
    await answer(outcome)
      .catch((error: unknown) => {
        if (!(error instanceof SerializeError)) return false
        this.#onError(method, error)
        return answer({ ok: false, error: fallback })
      })
      .catch(() => false)
    flow.crossed(bytes)
    flow.end(bytes)
  }
}

/** Whether a result must be awaited. @throws what a getter of it throws */
function isThenable(result: unknown): boolean {
  return typeof (result as { then?: unknown } | null | undefined)?.then === 'function'
}
