import type { Caller } from './caller.js'
import type { GrpcStream } from './stream.js'

/** The stream of a subscription that still takes requests. */
export interface OpenStream {
  readonly stream: GrpcStream
  /** Of the connection that it was opened on. */
  readonly caller: Caller
  /** Whether a next stream in its place would have nothing to answer. */
  readonly wouldBeSilent: boolean
  /** The connection was lost, and the stream with it. */
  lost(): void
}

/** The streams of subscriptions that still take requests, by the path of their method. They outlive a change of connections. */
export class OpenStreams {
  readonly #byPath = new Map<string, OpenStream[]>()
  readonly #forgotten = new Set<string>()

  add(path: string, open: OpenStream): void {
    const streams = this.#byPath.get(path)
    if (streams === undefined) this.#byPath.set(path, [open])
    else streams.push(open)
  }

  delete(path: string, open: OpenStream): void {
    const left = this.#byPath.get(path)?.filter((each) => each !== open) ?? []
    if (left.length === 0) this.#byPath.delete(path)
    else this.#byPath.set(path, left)
  }

  /** The one that was opened last and is not over. */
  newest(path: string): GrpcStream | undefined {
    return this.#byPath.get(path)?.findLast(({ stream }) => stream.status === undefined)?.stream
  }

  /**
   * We close all connections, of which the subscribers do not hear. Remembers the paths whose streams were published
   * to, for `wasForgotten`.
   */
  closeAll(): void {
    for (const [path, streams] of this.#byPath)
      if (streams.some(({ wouldBeSilent }) => wouldBeSilent)) this.#forgotten.add(path)
    this.#byPath.clear()
  }

  /**
   * Whether the next stream of that path would be silent for a subscription that is restored: what was published to
   * the one before is gone. A new subscription makes that void.
   */
  wasForgotten(path: string, isRestored: boolean): boolean {
    if (!isRestored) this.#forgotten.delete(path)
    return this.#forgotten.has(path)
  }

  /** The connection of `caller` is lost. */
  lose(caller: Caller): void {
    for (const streams of [...this.#byPath.values()])
      for (const open of streams) if (open.caller === caller) open.lost()
  }
}
