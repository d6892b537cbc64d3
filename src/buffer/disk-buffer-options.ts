import type { Clock } from '../core/clock.js'
import type { Random } from '../core/random.js'
import type { Files } from './files.js'
import type { BufferFault, WhenFull } from './message-buffer.js'

/** The settings of a buffer on disk. */
export interface DiskBufferSettings {
  /** The folder. Created if it is missing. Belongs to this buffer alone. */
  readonly folder: string
  /** Limits all files in the folder together. At least `SMALLEST_BUFFER`. */
  readonly maxBytes: number
  /** Messages older than this are dropped. Default: no limit. */
  readonly maxAgeMs?: number
  readonly whenFull: WhenFull
  /** The size of a segment. Default: a sixteenth of `maxBytes`, at most 8 MB. */
  readonly segmentBytes?: number
}

/** The settings, with the ports of a buffer on disk. */
export interface DiskBufferOptions extends DiskBufferSettings {
  /** Who uses the folder, in words, for the error of another gateway that finds it in use. */
  readonly owner: string
  readonly clock: Clock
  readonly random: Random
  /** Reports a fault on the disk. Must not throw. */
  readonly onFault: (fault: BufferFault) => void
  /** The file system. Default: that of the machine. */
  readonly files?: Files
}

/** The smallest `maxBytes`. */
export const SMALLEST_BUFFER = 65_536
