// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Size } from '../../core/bytes.js'
import type { Duration } from '../../core/duration.js'

/**
 * The block `script`: A module whose exported functions are handlers of methods, actions and transforms. They
 * run in a pool of threads.
 */
export interface ScriptBlock {
  /**
   * The module: JavaScript, or TypeScript where Node can strip types. Example: `"./handlers.js"`.
   * A path, relative to the working folder.
   */
  readonly path: string
  /**
   * Number of threads that run the script.
   * A whole number from 1 to 256.
   * @defaultValue `2`
   */
  readonly threads?: number | undefined
  /**
   * Calls that a thread runs at the same time. With more than 1, a handler in a loop holds up the calls that
   * share its thread.
   * A whole number from 1 to 10000.
   * @defaultValue `1`
   */
  readonly concurrent?: number | undefined
  /**
   * Maximum number of calls that wait for a thread.
   * A whole number of at least 1.
   * @defaultValue `1000`
   */
  readonly queue?: number | undefined
  /**
   * Time limit of a call, including its wait for a thread. The thread of a handler that does not end is
   * ended.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly timeout?: Duration | undefined
  /**
   * Memory (heap and buffers) at which a thread is replaced. Example: `"128MB"`.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"256MB"`
   */
  readonly memory?: Size | undefined
  /**
   * Maximum size of a result, and of a value that a function passes to the gateway. The host stands still
   * while it reads a larger one.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"16MB"`
   */
  readonly max_result?: Size | undefined
  /**
   * Whether the script is loaded again when its file, or a file that it imports, changes.
   * @defaultValue `true`
   */
  readonly reload?: boolean | undefined
}
