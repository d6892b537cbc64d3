import { RpcError } from '../core/errors.js'

/** What a handler is told beside the parameters. */
export interface RequestContext {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
}

/** Answers requests for one method. What it throws is the answer: an RpcError as it is, anything else as an internal error. */
export type RpcHandler = (params: unknown, context: RequestContext) => unknown

/** JSON-RPC 2.0, section 5.1. */
const METHOD_NOT_FOUND = -32_601
export const INTERNAL_ERROR = -32_603

/** Which handler answers which method (specification: MessageRouter). */
export class RpcRoutes {
  readonly #handlers: Map<string, RpcHandler>

  constructor(handlers: Iterable<readonly [string, RpcHandler]> = []) {
    this.#handlers = new Map(handlers)
  }

  get methods(): string[] {
    return [...this.#handlers.keys()]
  }

  has(method: string): boolean {
    return this.#handlers.has(method)
  }

  /** The routes as they are now. */
  copy(): RpcRoutes {
    return new RpcRoutes(this.#handlers)
  }

  /** A later registration of the same method replaces the earlier one. */
  register(method: string, handler: RpcHandler): void {
    this.#handlers.set(method, handler)
  }

  /** @throws RpcError, and nothing else: what went wrong inside is not the caller's business */
  async handle(params: unknown, context: RequestContext): Promise<unknown> {
    const handler = this.#handlers.get(context.method)
    if (handler === undefined) throw new RpcError(METHOD_NOT_FOUND, `Method not found: ${context.method}`)
    try {
      return await handler(params, context)
    } catch (error) {
      if (error instanceof RpcError) throw error
      throw new RpcError(INTERNAL_ERROR, 'Internal error', undefined, { cause: error })
    }
  }
}
