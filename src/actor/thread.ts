import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { FromThread, ToThread } from '../mailbox/thread-messages.js'

/** The worker thread in which this code runs. */
export interface ActorThread {
  /** Sends a message to the supervisor, outside the channel. */
  tell(message: FromThread, transfer?: readonly MessagePort[]): void
  /** Calls `receive` with every message of the supervisor that comes outside the channel. */
  listen(receive: (message: ToThread) => void): void
}

/** @throws Error on the main thread */
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

/** The URL with which this thread was started, including its query. */
export function threadAddress(): URL {
  return new URL(workerData as string)
}
