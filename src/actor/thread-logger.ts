import type { Logger } from '../core/telemetry.js'
import type { ActorThread } from './thread.js'

/** Log lines are written by the host: a worker that wrote them itself would wait for it anyway. */
export function threadLogger(thread: ActorThread): Logger {
  return ({ level, message, ...fields }) => {
    thread.tell({ kind: 'log', level, message, fields })
  }
}
