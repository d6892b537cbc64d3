// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Size } from '../../core/bytes.js'
import type { Duration } from '../../core/duration.js'
import type { RouteBufferDrainBlock } from './route-buffer-drain.js'

/** The `buffer` block: A buffer between source and sink, for a sink that may be away for long. */
export interface RouteBufferBlock {
  /**
   * Where messages wait: `memory` loses them at a crash; with `disk` the source is acknowledged when a
   * message is on the disk.
   */
  readonly type: 'memory' | 'disk'
  /**
   * Folder of a buffer on disk. One route uses it alone.
   * A path, relative to the working folder.
   */
  readonly path?: string | undefined
  /**
   * Maximum size of the buffer.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"256MB"`
   */
  readonly max_bytes?: Size | undefined
  /**
   * Messages older than this are dropped. Default: no limit.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly max_age?: Duration | undefined
  /**
   * What happens when the buffer is full: `block` holds the source back.
   * @defaultValue `"block"`
   */
  readonly when_full?: 'block' | 'drop-oldest' | 'drop-newest' | undefined
  /** Limits how fast a full buffer empties. */
  readonly drain?: RouteBufferDrainBlock | undefined
}
