// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** The `chaos` block: Injects faults into the integration, to test supervision. Not for production. */
export interface ChaosBlock {
  /**
   * Fault to inject: `throw` throws an error, `reject` rejects a promise, `exit` ends the thread,
   * `leak-objects`, `leak-map` and `leak-buffers` fill the memory, `spin` loops forever, `block` blocks the
   * thread for 5 s in a native call.
   */
  readonly fault:
    | 'throw'
    | 'reject'
    | 'exit'
    | 'leak-objects'
    | 'leak-map'
    | 'leak-buffers'
    | 'spin'
    | 'block'
  /**
   * Interval between two faults. Example: `"30s"`.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly every: Duration
}
