import type { Clock } from '../core/clock.js'
import type { Acceptance } from './acceptance.js'
import type { Files } from './files.js'
import type { BufferFault } from './message-buffer.js'
import type { SegmentList } from './segment-list.js'

/** What the writer and the reader of a log share. */
export interface LogState {
  readonly files: Files
  readonly clock: Clock
  readonly folder: string
  readonly segments: SegmentList
  readonly acceptance: Acceptance
  readonly report: (fault: BufferFault) => void
  /** Called when messages became done without the reader's caller: the cursor may have moved. */
  readonly onDone: () => void
  /** The number of the next message. */
  next: number
}
