import { RpcError } from '../core/errors/rpc.js'
import type { Identity } from '../core/identity.js'

/** The request that a handler receives beside the parameters. */
export interface RequestContext {
  /** The method that was called. */
  readonly method: string
  /** Text metadata of the request; empty where there is none. */
  readonly headers: Readonly<Record<string, string>>
  /** The caller, if the server has authenticated it; absent for an anonymous caller. */
  readonly identity?: Identity
}

/**
 * Handles requests for one method; may be called concurrently. Returns the result or a promise of it. An RpcError that
 * it throws is sent to the caller unchanged; any other error is sent as "Internal error".
 */
export type RpcHandler = (params: unknown, context: RequestContext) => unknown

/** JSON-RPC 2.0, section 5.1. */
const METHOD_NOT_FOUND = -32_601
export const INTERNAL_ERROR = -32_603

/** Maps methods to handlers. */
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

  /** Returns a copy that later registrations do not change. */
  copy(): RpcRoutes {
    return new RpcRoutes(this.#handlers)
  }

  /** Registers the handler of a method; replaces an earlier one. */
  register(method: string, handler: RpcHandler): void {
    this.#handlers.set(method, handler)
  }

  /**
   * Calls the handler of the method.
   * @returns its answer, or a promise of it
   * @throws what the handler throws; RpcError if the method has no handler
   */
  handle(params: unknown, context: RequestContext): unknown {
    const handler = this.#handlers.get(context.method)
    if (handler === undefined) throw new RpcError(METHOD_NOT_FOUND, `Method not found: ${context.method}`)
    return handler(params, context)
  }
}
