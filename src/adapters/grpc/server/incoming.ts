import type { Buffer } from 'node:buffer'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { createGunzip, createInflate } from 'node:zlib'
import type { ServerInterceptingCall, ServerInterceptor } from '@grpc/grpc-js'
import type { MemoryShare } from '../../../core/memory-share.js'
import { decompressMessage, exhausted } from '../decompress-message.js'
import { writerOf } from '../message-decoder.js'
import { copyOf, isOneMessage, MessageFrames } from '../message-frames.js'
import { type BaseCall, type BaseListener, type CallerMemory, streamOf } from './caller-memory.js'

/** Bytes before each message. */
const HEAD_BYTES = 5
/** Messages that grpc-js parses at once. It makes several objects and a promise for each, however small it is. */
const PARSED_AT_ONCE = 16
/** Memory of a stream of zlib. */
const DECOMPRESSOR_BYTES = 64 * 1024

/**
 * Counts what callers send until a handler has it: incomplete messages, complete ones, and what they decompress to. A
 * call whose caller has filled its share of the memory is reset with ENHANCE_YOUR_CALM, which clients report as
 * RESOURCE_EXHAUSTED.
 * @param maxBytes maximum size of a decompressed message
 */
export function countIncoming(memory: CallerMemory, maxBytes: number): ServerInterceptor {
  return (_method, call) => {
    const base = call as unknown as BaseCall
    const stream = streamOf(call)
    const write = writerOf(base.decoder)
    const decompressMessage = base.decompressMessage.bind(base)
    let messages: IncomingMessages | undefined
    const counted = () => {
      messages ??= new IncomingMessages(memory.of(stream), base, stream, maxBytes)
      return messages
    }
    base.decoder.write = (piece) => {
      if (messages === undefined && isOneMessage(piece)) return write(piece)
      const size = counted().add(piece)
      if (size === undefined) {
        stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM)
        // Frees what has arrived at once, not when the caller has read the reset.
        stream.destroy()
        return []
      }
      if (size === piece.length) return write(copyOf(piece))
      // The stream has to be paused, or it would emit the rest at once.
      stream.pause()
      stream.unshift(piece.subarray(size))
      return write(copyOf(piece.subarray(0, size)))
    }
    base.decompressMessage = (message, encoding) =>
      encoding === 'gzip' || encoding === 'deflate'
        ? counted().decompress(message.subarray(HEAD_BYTES), encoding)
        : decompressMessage(message, encoding)
    return call as ServerInterceptingCall
  }
}

/** The messages of a stream on their way to its handler. */
class IncomingMessages {
  readonly #share: MemoryShare
  readonly #maxBytes: number
  readonly #frames = new MessageFrames()
  readonly #decompressed = new WeakMap<Buffer, number>()
  /** Bytes of complete messages, as they arrived. */
  #complete = 0
  #decompressedBytes = 0
  #counted = 0
  #isOver = false

  constructor(share: MemoryShare, call: BaseCall, stream: ServerHttp2Stream, maxBytes: number) {
    this.#share = share
    this.#maxBytes = maxBytes
    stream.once('close', () => this.#release())
    const { listener } = call
    if (listener !== null) call.listener = this.#watched(listener, call.handler.type)
  }

  /**
   * Reads a piece of the stream.
   * @returns how many bytes to parse now; `undefined` if the caller may not hold them, and then it holds nothing any
   * more
   */
  add(piece: Buffer): number | undefined {
    if (this.#isOver) return piece.length
    const size = this.#frames.read(piece, PARSED_AT_ONCE)
    this.#complete += this.#frames.completed
    if (this.#count()) return size
    this.#release()
    return undefined
  }

  /** Decompresses a message. @throws a status of grpc-js */
  async decompress(message: Buffer, encoding: 'gzip' | 'deflate'): Promise<Buffer> {
    let size = 0
    const grow = (bytes: number) => {
      size += bytes
      this.#decompressedBytes += bytes
      if (!this.#count()) throw exhausted('the memory for requests is full')
    }
    try {
      grow(DECOMPRESSOR_BYTES)
      const stream = encoding === 'gzip' ? createGunzip() : createInflate()
      const bytes = await decompressMessage(stream, message, this.#maxBytes, grow)
      this.#decompressed.set(bytes, bytes.length)
      size -= bytes.length
      return bytes
    } finally {
      this.#decompressedBytes -= size
      this.#count()
    }
  }

  /** Releases messages when their handler gets them: one by one, or at the end if it takes a single one. */
  #watched(listener: BaseListener, type: string): BaseListener {
    const isStream = type === 'clientStream' || type === 'bidi'
    return {
      onReceiveMetadata: (metadata) => listener.onReceiveMetadata(metadata),
      onReceiveMessage: (message) => {
        if (isStream) this.#passed(message as Buffer)
        listener.onReceiveMessage(message)
      },
      onReceiveHalfClose: () => {
        if (!isStream) this.#release()
        listener.onReceiveHalfClose()
      },
      onCancel: () => listener.onCancel(),
    }
  }

  #passed(message: Buffer): void {
    this.#complete = 0
    this.#decompressedBytes -= this.#decompressed.get(message) ?? 0
    this.#count()
  }

  #release(): void {
    this.#isOver = true
    this.#share.add(-this.#counted)
    this.#counted = 0
  }

  /** @returns whether the caller may hold as much */
  #count(): boolean {
    if (this.#isOver) return false
    const more = this.#frames.partial + this.#complete + this.#decompressedBytes - this.#counted
    if (more > 0 && !this.#share.tryAdd(more)) return false
    if (more < 0) this.#share.add(more)
    this.#counted += more
    return true
  }
}
