import { constants } from 'node:http2'
import type { ServerInterceptingCall, ServerInterceptor } from '@grpc/grpc-js'
import type { MemoryShare } from '../../../core/memory-share.js'
import { type CallerMemory, keepCopies, streamOf } from './caller-memory.js'

/** Bytes before each message: a flag, and the length of the message. */
const HEAD = 5
const LENGTH_AT = 1
/** Memory of a piece beside its bytes. */
const PIECE_BYTES = 256

/**
 * Counts the messages that have not arrived completely, which grpc-js keeps until then. A call whose caller has filled
 * its share of the memory is reset with ENHANCE_YOUR_CALM, which clients report as RESOURCE_EXHAUSTED.
 */
export function countIncoming(memory: CallerMemory): ServerInterceptor {
  return (_method, call) => {
    const stream = streamOf(call)
    let messages: IncomingMessages | undefined
    // The first listener counts a piece before grpc-js keeps it.
    stream.prependListener('data', (piece: Buffer) => {
      if (messages === undefined) {
        if (isOneMessage(piece)) return
        const counted = new IncomingMessages(memory.of(stream))
        messages = counted
        stream.once('close', () => counted.release())
        keepCopies(call)
      }
      if (messages.add(piece)) return
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM)
      // Frees what has arrived at once, not when the caller has read the reset.
      stream.destroy()
    })
    return call as ServerInterceptingCall
  }
}

/** Whether a piece is a whole message, as most requests are: then nothing of it is kept. */
function isOneMessage(piece: Buffer): boolean {
  return piece.length >= HEAD && piece.readUInt32BE(LENGTH_AT) === piece.length - HEAD
}

/** Finds the end of each message of a stream, and counts the bytes of the last one if that is incomplete. */
class IncomingMessages {
  readonly #share: MemoryShare
  readonly #head = Buffer.alloc(HEAD)
  #headBytes = 0
  #left = 0
  #counted = 0
  #isOver = false

  constructor(share: MemoryShare) {
    this.#share = share
  }

  /** Reads a piece of the stream. @returns false if the caller may not hold it; then it holds nothing any more */
  add(piece: Buffer): boolean {
    if (this.#isOver) return true
    const partial = this.#read(piece)
    const more = partial - this.#counted
    if (more > 0 && !this.#share.tryAdd(more)) {
      this.release()
      return false
    }
    if (more < 0) this.#share.add(more)
    this.#counted = partial
    return true
  }

  release(): void {
    this.#isOver = true
    this.#share.add(-this.#counted)
    this.#counted = 0
  }

  /** @returns the bytes of the incomplete message at the end */
  #read(piece: Buffer): number {
    let partial = this.#counted + PIECE_BYTES
    for (let at = 0; at < piece.length; ) {
      const isHead = this.#headBytes < HEAD
      const size = Math.min(isHead ? HEAD - this.#headBytes : this.#left, piece.length - at)
      if (isHead) {
        piece.copy(this.#head, this.#headBytes, at, at + size)
        this.#headBytes += size
        if (this.#headBytes === HEAD) this.#left = this.#head.readUInt32BE(LENGTH_AT)
      } else this.#left -= size
      at += size
      partial += size
      if (this.#headBytes < HEAD || this.#left > 0) continue
      this.#headBytes = 0
      partial = 0
    }
    return partial
  }
}
