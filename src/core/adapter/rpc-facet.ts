import type { Value } from '../value.js'
import type { Attempt } from './attempt.js'

/** One call of a batch. */
export interface RpcCall {
  /** The method as the service calls it. */
  readonly method: string
  /** Its parameters; absent for none. */
  readonly params?: Value
}

/** The outcome of a call. An error that is an RpcError is the answer of the server. */
export type RpcOutcome =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Error }

/** The calls of a protocol. All methods are called concurrently, while connected. */
export interface RpcFacet {
  /**
   * Calls a method: one attempt.
   * @param method the method as the service calls it
   * @param params its parameters; `undefined` for none
   * @returns the result of the server
   * @throws RpcError for an error answer of the server; otherwise an IntegrationError of another kind
   */
  call(method: string, params: Value | undefined, context: Attempt): Promise<Value>
  /**
   * Sends a notification. Resolves when it was written.
   * @param method the method as the service calls it
   * @param params its parameters; `undefined` for none
   * @throws an IntegrationError when it could not be written
   */
  notify(method: string, params: Value | undefined, context: Attempt): Promise<void>
  /**
   * Sends several calls in one request.
   * @param calls at least one
   * @returns one outcome for each call, in the order of the calls
   * @throws an IntegrationError when the request as a whole fails
   */
  batch?(calls: readonly RpcCall[], context: Attempt): Promise<readonly RpcOutcome[]>
}
