// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** The `idempotency` block: Drops redeliveries of messages that the sink has accepted. */
export interface RouteIdempotencyBlock {
  /** Identifies a message. A message without this value is always new. Example: `"${message.headers.id}"`. */
  readonly key: string
  /**
   * Where keys are remembered. On `disk` they outlive a crash of the actor and of the process.
   * @defaultValue `"memory"`
   */
  readonly store?: 'memory' | 'disk' | undefined
  /**
   * Folder for keys on disk. One route uses it alone.
   * A path, relative to the working folder.
   */
  readonly path?: string | undefined
  /**
   * How long the key of an accepted message is remembered.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10m"`
   */
  readonly window?: Duration | undefined
  /**
   * Maximum number of keys. Beyond it, the oldest is forgotten.
   * A whole number from 1 to 10000000.
   * @defaultValue `100000`
   */
  readonly limit?: number | undefined
}
