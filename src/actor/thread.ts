import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { FromThread, ToThread } from '../mailbox/thread-messages.js'

/** The thread we run in, as the host started it. */
export interface ActorThread {
  /** Sends to the supervisor, outside of the line. */
  tell(message: FromThread, transfer?: readonly MessagePort[]): void
  /** Called with everything the supervisor says, outside of the line. */
  listen(receive: (message: ToThread) => void): void
}

/** @throws Error on the main thread. */
export function actorThread(): ActorThread {
  const port = parentPort
  if (port === null) throw new Error('an actor runs in a worker thread, not on the main thread')
  return {
    tell: (message, transfer) => port.postMessage(message, transfer as MessagePort[] | undefined),
    listen: (receive) => {
      port.on('message', receive)
    },
  }
}

/** The address that this thread was started with, with its query. */
export function threadAddress(): URL {
  return new URL(workerData as string)
}
