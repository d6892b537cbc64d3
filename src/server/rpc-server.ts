import { checkArgument, FUNCTION, NAME } from '../core/arguments.js'
import { RpcError, SerializeError, ShutdownError, UnsupportedError } from '../core/errors.js'
import { encodeError, messageOf } from '../mailbox/error-codec.js'
import type { IntegrationMail, OpenSource, SourceHandler } from '../mailbox/integration-mail.js'
import { MessageRun } from '../mailbox/message-run.js'
import type { Work, Worker } from '../mailbox/work.js'
import { INTERNAL_ERROR, type RequestContext, type RpcHandler, RpcRoutes } from '../router/rpc-routes.js'

/** Serves methods to others over an integration (specification: RpcServer). */
export class RpcServer implements Worker {
  readonly #mail: IntegrationMail
  readonly #routes = new RpcRoutes()
  readonly #onError: (method: string, error: unknown) => void
  #sources: OpenSource[] = []
  #running = 0

  /** @internal */
  constructor(mail: IntegrationMail, work: Work, onError: (method: string, error: unknown) => void) {
    this.#mail = mail
    this.#onError = onError
    work.add(this)
  }

  /** Whether a handler runs. @internal */
  get isBusy(): boolean {
    return this.#running > 0
  }

  /** The server or integration that it serves by. */
  get name(): string {
    return this.#mail.name
  }

  /** Registers the handler of a method; takes effect with the next `serve`. A later one of the same method replaces it. @throws ConfigError */
  register(method: string, handler: RpcHandler): this {
    const context = { integration: this.#mail.name }
    checkArgument('register', 'method', method, NAME, context)
    checkArgument('register', 'handler', handler, FUNCTION, context)
    this.#routes.register(method, handler)
    return this
  }

  /**
   * Takes requests for all registered methods from now on, across restarts of the actor.
   * @throws UnsupportedError when the protocol cannot serve
   */
  async serve(): Promise<void> {
    if (!this.#mail.supports('serve'))
      throw new UnsupportedError(`serve over ${this.#mail.type}`, { integration: this.#mail.name })
    await this.close()
    this.#sources = await Promise.all(
      this.#routes.methods.map((method) =>
        this.#mail.open(
          'serve',
          method,
          { kind: 'service', window: this.#mail.window, decode: 'value', overflow: 'block' },
          this.#handler(method),
        ),
      ),
    )
  }

  /** Takes no more requests; those under way are answered. Never rejects; idempotent. */
  async close(): Promise<void> {
    const sources = this.#sources
    this.#sources = []
    await Promise.all(sources.map((source) => source.close()))
  }

  #handler(method: string): SourceHandler {
    return {
      receive: (run, names, life) => {
        const requests = new MessageRun(run, names, life)
        for (let i = 0; i < requests.count; i++) void this.#serve(method, requests, i)
      },
      dropped: () => {},
      reborn: () => {},
      ended: (error) => {
        if (!(error instanceof ShutdownError)) this.#onError(method, error)
      },
    }
  }

  async #serve(method: string, requests: MessageRun, index: number): Promise<void> {
    this.#running++
    await this.#answer(method, requests, index)
    this.#running--
  }

  /** Never rejects. */
  async #answer(method: string, requests: MessageRun, index: number): Promise<void> {
    const extras = requests.extras(index)!
    const context: RequestContext = { method, headers: extras.headers ?? {} }
    let outcome: unknown
    try {
      const value = await this.#routes.handle(requests.value(index, undefined), context)
      outcome = { ok: true, value: value ?? null }
    } catch (error) {
      const refusal = refusalOf(error)
      this.#onError(method, refusal.cause ?? refusal)
      // The cause stays here: it may say more than a stranger should know.
      const { cause: _cause, stack: _stack, ...record } = encodeError(refusal)
      outcome = { ok: false, error: record }
    }
    const answer = (crossing: unknown) =>
      this.#mail.settle('answer', requests.life, { token: extras.token!, outcome: crossing })
    await answer(outcome)
      .catch((error: unknown) => {
        // What cannot cross has not been answered: whoever called must not wait in vain.
        if (!(error instanceof SerializeError)) return false
        this.#onError(method, error)
        return answer({ ok: false, error: encodeError(new RpcError(INTERNAL_ERROR, 'Internal error')) })
      })
      .catch(() => false)
  }
}

/** What a caller gets for what a handler threw: codes that are not whole numbers exist in no protocol. */
function refusalOf(error: unknown): RpcError {
  if (!(error instanceof RpcError))
    return new RpcError(INTERNAL_ERROR, 'Internal error', undefined, { cause: error })
  if (isCode(error.code) && typeof error.message === 'string') return error
  const { code, data } = error
  const cause = new RangeError(
    `RpcError: expected a whole number of 32 bits as code, found ${typeof code === 'number' ? code : typeof code}; sent ${INTERNAL_ERROR} instead`,
    { cause: error },
  )
  return new RpcError(INTERNAL_ERROR, messageOf(error), data, { cause })
}

function isCode(code: unknown): boolean {
  return Number.isInteger(code) && Math.abs(code as number) < 2 ** 31
}
