import { RpcError } from '../core/errors/rpc.js'
import { LIMITS } from './protocol.js'
import { INTERNAL_ERROR } from './wire-error.js'

interface Pending {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: RpcError) => void
}

/** An answer of the client. */
export interface ClientAnswer {
  readonly id?: unknown
  readonly result?: unknown
  readonly error?: unknown
}

/** The requests that the gateway has sent to the client. */
export class Asked {
  readonly #pending = new Map<string, Pending>()
  #last = 0

  /**
   * Sends a request.
   * @param send sends it with its id
   * @throws RpcError with the error of the client, or if too many requests are pending
   */
  ask(send: (id: string) => void): Promise<unknown> {
    if (this.#pending.size >= LIMITS.inFlight)
      return Promise.reject(new RpcError(INTERNAL_ERROR, 'the client has too many unanswered requests'))
    const id = `gateway-${++this.#last}`
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      send(id)
    })
  }

  /** Takes an answer of the client. @returns false if it answers nothing */
  answer({ id, result, error }: ClientAnswer): boolean {
    const pending = typeof id === 'string' ? this.#pending.get(id) : undefined
    if (pending === undefined) return false
    this.#pending.delete(id as string)
    if (error === undefined) pending.resolve(result)
    else pending.reject(errorOf(error))
    return true
  }

  /** Rejects everything, because the client is gone. */
  abandon(): void {
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of pending) reject(new RpcError(INTERNAL_ERROR, 'the client has disconnected'))
  }
}

function errorOf(error: unknown): RpcError {
  const { code, message, data } = Object(error) as { code?: unknown; message?: unknown; data?: unknown }
  return new RpcError(
    Number.isInteger(code) ? (code as number) : INTERNAL_ERROR,
    typeof message === 'string' ? message : 'Internal error',
    data,
  )
}
