import type { Buffer } from 'node:buffer'
import type { ServerHttp2Stream } from 'node:http2'
import type { Metadata } from '@grpc/grpc-js'
import type { ByteBudget } from '../../../core/byte-budget.js'
import { type MemoryShare, MemoryShares } from '../../../core/memory-share.js'
import type { MessageDecoder } from '../message-decoder.js'

/** A call of grpc-js, which does not publish these parts. Its interceptors must return the call that they are given. */
export interface BaseCall {
  readonly stream: ServerHttp2Stream
  readonly decoder: MessageDecoder
  readonly handler: { readonly type: string }
  /** Receives the messages; set when the call starts. */
  listener: BaseListener | null
  decompressMessage(message: Buffer, encoding: string): Buffer | Promise<Buffer>
}

export interface BaseListener {
  onReceiveMetadata(metadata: Metadata): void
  onReceiveMessage(message: unknown): void
  onReceiveHalfClose(): void
  onCancel(): void
}

/** The stream below a call, as an interceptor gets the call. */
export function streamOf(call: object): ServerHttp2Stream {
  return (call as BaseCall).stream
}

/** The stream below a call, as a handler gets the call. */
export function streamOfHandled(call: object): ServerHttp2Stream {
  return (call as { readonly call: BaseCall }).call.stream
}

/** The address of the caller of a stream. */
export function remoteAddressOf({ session }: ServerHttp2Stream): string | undefined {
  return session?.destroyed === false ? session.socket.remoteAddress : undefined
}

/** What each caller holds in the memory of the actor. A caller is one HTTP/2 connection. */
export class CallerMemory {
  readonly #shares: MemoryShares

  constructor(budget: ByteBudget) {
    this.#shares = new MemoryShares(budget)
  }

  /** The share of the caller of a stream. */
  of({ session }: ServerHttp2Stream): MemoryShare {
    return this.#shares.of(session)
  }
}
