import type { Http2Session, ServerHttp2Stream } from 'node:http2'
import type { ByteBudget } from '../../../core/byte-budget.js'
import { MemoryShare } from '../../../core/memory-share.js'

/** A call of grpc-js, which does not publish its stream. Its interceptors must return the call that they are given. */
interface BaseCall {
  readonly stream: ServerHttp2Stream
  readonly decoder: { write(piece: Buffer): Buffer[] }
}

/** The stream below a call, as an interceptor gets the call. */
export function streamOf(call: object): ServerHttp2Stream {
  return (call as BaseCall).stream
}

/** The stream below a call, as a handler gets the call. */
export function streamOfHandled(call: object): ServerHttp2Stream {
  return (call as { readonly call: BaseCall }).call.stream
}

/**
 * Makes grpc-js keep copies of the pieces of incomplete messages. A piece is a view of what was read from the socket,
 * and would keep that alive, with the pieces of other streams.
 */
export function keepCopies(call: object): void {
  const { decoder } = call as BaseCall
  const write = decoder.write.bind(decoder)
  decoder.write = (piece) => write(Buffer.from(new Uint8Array(piece).buffer))
}

/** What each caller holds in the memory of the actor. A caller is one HTTP/2 connection. */
export class CallerMemory {
  readonly #budget: ByteBudget
  readonly #shares = new WeakMap<Http2Session, MemoryShare>()

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  /** The share of the caller of a stream. */
  of({ session }: ServerHttp2Stream): MemoryShare {
    const known = session && this.#shares.get(session)
    if (known !== undefined) return known
    const share = new MemoryShare(this.#budget)
    if (session !== undefined) this.#shares.set(session, share)
    return share
  }
}
