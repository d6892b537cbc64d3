// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** The `rpc` block: Settings for calls and served methods. */
export interface RedisRpcBlock {
  /**
   * The prefix of all keys used for calls.
   * @defaultValue `"nemo:rpc"`
   */
  readonly prefix?: string | undefined
  /**
   * The consumer group that shares the requests for a method.
   * @defaultValue `"nemo-servers"`
   */
  readonly group?: string | undefined
  /**
   * How long a server counts as present after it last renewed its registration.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10s"`
   */
  readonly lease?: Duration | undefined
}
