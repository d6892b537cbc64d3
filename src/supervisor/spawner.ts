import type { MessagePort } from 'node:worker_threads'
import type { JoinLink, PartLink } from '../mailbox/route-link.js'
import type { FromThread, StartActor, StartBroker } from '../mailbox/thread-messages.js'

/** How a thread ended. */
export interface ThreadExit {
  readonly code: number
  /** The error that ended it, if there was one. */
  readonly error?: Error
}

/** A spawned thread. It has no task until it is started. */
export interface ActorThreadHandle {
  /** A positive number, unique among the threads of the process. */
  readonly threadId: number
  /** Resolves when its code is loaded. @throws Error if the thread ends before that */
  readonly loaded: Promise<void>
  /** Sends the start message, which makes the thread an actor or broker. */
  start(message: StartActor | StartBroker, transfer: readonly MessagePort[]): void
  /** Gives an embedded broker one end of a channel. */
  attach(port: MessagePort): void
  /** Gives an actor one end of a link. */
  join(link: JoinLink): void
  /** Tells an actor that the sink of a link has died. */
  part(link: PartLink): void
  /** Calls `receive` with each message outside the channel. */
  onMessage(receive: (message: FromThread) => void): void
  /** Calls `failed` when an error ends the thread. Its code no longer runs, but `onExit` follows some time later. */
  onError(failed: (error: Error) => void): void
  /** Calls `ended` once, when the thread has ended, or at once if it already has. */
  onExit(ended: (exit: ThreadExit) => void): void
  /** Asks the thread to run its exit listeners. Resolves when it has, or has ended; never rejects. */
  leave(): Promise<void>
  /**
   * Runs the exit listeners of a thread that does not answer. A thread in a native call runs them when the call returns.
   * Resolves when they have run, or cannot be run; never rejects.
   */
  interrupt(): Promise<void>
  /**
   * Starts to end the thread, without its exit listeners, and does not wait. A thread in a native call ends only when
   * the call returns.
   */
  terminate(): void
  /** Lets the process exit while the thread is alive. */
  unref(): void
}

/** Makes threads. */
export interface Spawner {
  /** Starts a thread. @param worker the entry point to load */
  spawn(worker: URL): ActorThreadHandle
}
