import type { Caller } from './caller.js'
import type { GrpcStream } from './stream.js'

/** The stream of a subscription that still takes requests. */
export interface OpenStream {
  readonly stream: GrpcStream
  /** Of the connection that it was opened on. */
  readonly caller: Caller
  /** The connection was lost, and the stream with it. */
  lost(): void
}

/** The streams of subscriptions that still take requests, by the path of their method. They outlive a change of connections. */
export class OpenStreams {
  readonly #byPath = new Map<string, OpenStream[]>()

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

  /** The connection of `caller` is lost. */
  lose(caller: Caller): void {
    for (const streams of [...this.#byPath.values()])
      for (const open of streams) if (open.caller === caller) open.lost()
  }
}
