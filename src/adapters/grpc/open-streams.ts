import type { Caller } from './caller.js'
import type { GrpcStream } from './stream.js'

/** The open stream of a subscription, which can be published to. */
export interface OpenStream {
  readonly stream: GrpcStream
  /** Caller of the connection on which the stream was opened. */
  readonly caller: Caller
  /** Whether the server would stay silent on a new stream, because it would lack the published messages. */
  readonly wouldBeSilent: boolean
  /** Called when the connection of the stream is lost. */
  lost(): void
}

/** Holds the open streams of subscriptions by method path. It outlives the connections. */
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

  /** Returns the most recently opened stream that has not ended. */
  newest(path: string): GrpcStream | undefined {
    return this.#byPath.get(path)?.findLast(({ stream }) => stream.status === undefined)?.stream
  }

  /**
   * Forgets all streams when the adapter closes its connections. Remembers the paths that were published to, for
   * `wasForgotten`.
   */
  closeAll(): void {
    for (const [path, streams] of this.#byPath)
      if (streams.some(({ wouldBeSilent }) => wouldBeSilent)) this.#forgotten.add(path)
    this.#byPath.clear()
  }

  /**
   * Tells whether a restored subscription would get a silent stream, because the messages published to the previous
   * one are lost. A new subscription clears the mark.
   */
  wasForgotten(path: string, isRestored: boolean): boolean {
    if (!isRestored) this.#forgotten.delete(path)
    return this.#forgotten.has(path)
  }

  /** Notifies the streams of `caller` that its connection is lost. */
  lose(caller: Caller): void {
    for (const streams of [...this.#byPath.values()])
      for (const open of streams) if (open.caller === caller) open.lost()
  }
}
