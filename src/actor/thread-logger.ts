import type { Logger } from '../core/telemetry.js'
import type { ActorThread } from './thread.js'

/** Sends log lines to the host, because a worker thread can only write to the console through the host anyway. */
export function threadLogger(thread: ActorThread): Logger {
  return ({ level, message, ...fields }) => {
    thread.tell({ kind: 'log', level, message, fields })
  }
}
