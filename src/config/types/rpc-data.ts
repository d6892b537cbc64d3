// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'
import type { DataAttributes } from './data-attributes.js'

/**
 * A block `data` of type `rpc`. A value that stays up to date: the result of a call, the messages of a
 * subscription or of a queue.
 */
export interface RpcDataBlock extends DataAttributes {
  /** Calls a method at intervals. */
  readonly type: 'rpc'
  /** The method to call. Example: `"users.list"`. */
  readonly method: string
  /** Parameters of the call. They may use the values of other `data` blocks. */
  readonly params?: unknown
  /** Headers or metadata of the call. */
  readonly headers?: { readonly [name: string]: string } | undefined
  /**
   * Time between two calls. Default: one call at the start, and one for each `refresh`.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly interval?: Duration | undefined
  /**
   * Share of each interval that is random: 0.1 shortens it by up to 10 %, so that many gateways do not call
   * at once.
   * A number from 0 to 1.
   * @defaultValue `0.1`
   */
  readonly jitter?: number | undefined
  /**
   * Time limit of a call with all attempts.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly timeout?: Duration | undefined
  /**
   * Whether a call may be repeated after its connection or actor is lost.
   * @defaultValue `true`
   */
  readonly idempotent?: boolean | undefined
}
