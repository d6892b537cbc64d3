import type { MessagePort } from 'node:worker_threads'
import type { FromThread, StartActor, StartBroker } from '../mailbox/thread-messages.js'

/** How a thread ended. */
export interface ThreadExit {
  readonly code: number
  /** The error that ended it, if one did. */
  readonly error?: Error
}

/** A thread that has been spawned: nobody yet, until it is started. */
export interface ActorThreadHandle {
  /** Positive while it runs; tells lives apart. */
  readonly threadId: number
  /** Resolves when its code is loaded. @throws Error when it ends before that */
  readonly loaded: Promise<void>
  start(message: StartActor | StartBroker, transfer: readonly MessagePort[]): void
  /** Hands an embedded broker one end of a line. */
  attach(port: MessagePort): void
  /** Called with what it says outside of the line, from now on. */
  onMessage(receive: (message: FromThread) => void): void
  /** Called when an error is about to end it: none of its code runs any more, but its end takes some time. */
  onError(failed: (error: Error) => void): void
  /** Called once, when it has really ended; at once when it already has. */
  onExit(ended: (exit: ThreadExit) => void): void
  /** Begins to end it, and does not wait: a thread in a native call ends only when the call returns. */
  terminate(): void
  /** It no longer keeps the process alive. */
  unref(): void
}

/** Where threads come from. */
export interface Spawner {
  /** @param worker the entry point to load. */
  spawn(worker: URL): ActorThreadHandle
}
