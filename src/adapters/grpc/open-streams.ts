import type { GrpcStream } from './stream.js'

/** The streams of subscriptions that still take requests, by the path of their method. */
export class OpenStreams {
  readonly #byPath = new Map<string, GrpcStream[]>()

  add(path: string, stream: GrpcStream): void {
    const streams = this.#byPath.get(path)
    if (streams === undefined) this.#byPath.set(path, [stream])
    else streams.push(stream)
  }

  delete(path: string, stream: GrpcStream): void {
    const left = this.#byPath.get(path)?.filter((each) => each !== stream) ?? []
    if (left.length === 0) this.#byPath.delete(path)
    else this.#byPath.set(path, left)
  }

  /** The one that was opened last and is not over. */
  newest(path: string): GrpcStream | undefined {
    return this.#byPath.get(path)?.findLast(({ status }) => status === undefined)
  }
}
