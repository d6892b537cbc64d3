import { sharedController } from '../../core/abort.js'
import { ConfigError } from '../../core/errors/config.js'
import type { ScriptContext } from '../../core/script-context.js'
import { decodeError, encodeError } from '../../mailbox/error-codec.js'
import { postPrepared } from '../../mailbox/post-prepared.js'
import type { CallContext, FromScript, Outcome, ToScript } from '../../mailbox/script-protocol.js'
import { bounded } from './bounded.js'
import type { GatewayLink } from './gateway-link.js'

/** The exports of a script. */
export type ScriptModule = Readonly<Record<string, unknown>>

/** Runs the calls of a thread, each to its single outcome. */
export class ScriptCalls {
  readonly #module: ScriptModule
  readonly #link: GatewayLink
  readonly #post: (message: FromScript) => void
  readonly #maxResult: number
  readonly #running = new Map<number, AbortController>()

  constructor(
    module: ScriptModule,
    link: GatewayLink,
    post: (message: FromScript) => void,
    maxResult: number,
  ) {
    this.#module = module
    this.#link = link
    this.#post = post
    this.#maxResult = maxResult
  }

  /** Runs a call. Never rejects. */
  async run({ id, function: name, params, context }: ToScript & { readonly kind: 'call' }): Promise<void> {
    const controller = sharedController()
    this.#running.set(id, controller)
    const outcome = await this.#outcome(name, params, this.#contextOf(context, controller.signal))
    this.#running.delete(id)
    this.#settle(id, outcome)
  }

  /** Aborts the signal of a call that still runs. */
  cancel({ id, error }: ToScript & { readonly kind: 'cancel' }): void {
    this.#running.get(id)?.abort(decodeError(error))
  }

  #settle(id: number, outcome: Outcome): void {
    if (!outcome.ok) return this.#post({ kind: 'settled', id, outcome })
    try {
      postPrepared(outcome.value, (value) =>
        this.#post({ kind: 'settled', id, outcome: { ok: true, value } }),
      )
    } catch (error) {
      this.#post({ kind: 'settled', id, outcome: { ok: false, error: encodeError(error) } })
    }
  }

  #contextOf(context: CallContext, signal: AbortSignal): ScriptContext {
    const { hops, ...shown } = context
    return { ...shown, signal, gateway: this.#link.gateway(signal, hops) }
  }

  async #outcome(name: string, params: unknown, context: ScriptContext): Promise<Outcome> {
    try {
      const found = this.#module[name]
      if (typeof found !== 'function') throw new ConfigError(`the script exports no function "${name}"`)
      return { ok: true, value: bounded(await found(params, context), this.#maxResult) }
    } catch (thrown) {
      return { ok: false, error: encodeError(thrown) }
    }
  }
}

/** The names of the functions that a script exports. */
export function functionsOf(module: ScriptModule): string[] {
  return Object.keys(module).filter((name) => typeof module[name] === 'function')
}
