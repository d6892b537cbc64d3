import { onAbort } from '../../core/abort.js'
import { MailboxFullError } from '../../core/errors/limits.js'
import { CancelledError } from '../../core/errors/operation.js'
import type { ScriptGateway } from '../../core/script-context.js'
import { decodeError } from '../../mailbox/error-codec.js'
import { postPrepared } from '../../mailbox/post-prepared.js'
import type { FromScript, Outcome, ScriptOperation } from '../../mailbox/script-protocol.js'
import { bounded } from './bounded.js'

/** How many operations of a thread may be in flight at the host. */
const MOST_ASKED = 10_000

interface Asked {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  readonly forget: () => void
}

/** Passes the operations of `context.gateway` to the host. */
export class GatewayLink {
  readonly #post: (message: FromScript) => void
  readonly #asked = new Map<number, Asked>()
  readonly #maxResult: number
  #last = 0

  constructor(post: (message: FromScript) => void, maxResult: number) {
    this.#post = post
    this.#maxResult = maxResult
  }

  /**
   * Makes the gateway of one call, whose operations end when `signal` aborts.
   * @param hops the actions that its operations follow from
   */
  gateway(signal: AbortSignal, hops: readonly string[] | undefined): ScriptGateway {
    const ask = (operation: ScriptOperation, ...args: unknown[]) => this.#ask(operation, args, signal, hops)
    return {
      call: (...args) => ask('call', ...args) as Promise<never>,
      publish: (...args) => ask('publish', ...args) as Promise<never>,
      send: (...args) => ask('send', ...args) as Promise<never>,
      data: (...args) => ask('data', ...args) as Promise<never>,
      action: (...args) => ask('action', ...args) as Promise<never>,
    }
  }

  /** Takes the answer to an operation. */
  answer(id: number, outcome: Outcome): void {
    const asked = this.#asked.get(id)
    if (asked === undefined) return
    this.#asked.delete(id)
    asked.forget()
    if (outcome.ok) asked.resolve(outcome.value)
    else asked.reject(decodeError(outcome.error))
  }

  async #ask(
    operation: ScriptOperation,
    args: readonly unknown[],
    signal: AbortSignal,
    hops: readonly string[] | undefined,
  ): Promise<unknown> {
    if (signal.aborted) throw new CancelledError({ cause: signal.reason })
    if (this.#asked.size >= MOST_ASKED)
      throw new MailboxFullError(`${MOST_ASKED} operations of the script are in flight`)
    const prepared = args.map((arg) => bounded(arg, this.#maxResult))
    const id = ++this.#last
    postPrepared(prepared, (values) =>
      this.#post({
        kind: 'ask',
        id,
        operation,
        args: values as readonly unknown[],
        ...(hops !== undefined && { hops }),
      }),
    )
    return new Promise((resolve, reject) => {
      const forget = onAbort(signal, () => {
        this.#asked.delete(id)
        this.#post({ kind: 'abandon', id })
        reject(new CancelledError({ cause: signal.reason }))
      })
      this.#asked.set(id, { resolve, reject, forget })
    })
  }
}
