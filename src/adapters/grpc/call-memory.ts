import type { Buffer } from 'node:buffer'
import type { ClientHttp2Stream } from 'node:http2'
import { createUnzip } from 'node:zlib'
import type { IncomingAnswer, IncomingAnswers, Pausable } from '../../core/incoming-answers.js'
import { decompressMessage } from './decompress-message.js'
import { type MessageDecoder, writerOf } from './message-decoder.js'
import { copyOf, isOneMessage, MessageFrames } from './message-frames.js'
import type { RawCall } from './raw-call.js'

/** The parts of a call in grpc-js, which does not publish them. */
interface Parts {
  readonly child: {
    readonly underlyingCalls: readonly { readonly call: { readonly child: SubchannelCall | null } }[]
  }
  readonly filterStack: { readonly filters: readonly CompressionFilter[] }
}

interface SubchannelCall {
  readonly http2Stream: ClientHttp2Stream
  readonly decoder: MessageDecoder
}

interface CompressionFilter {
  readonly receiveCompression: {
    /** Absent for the identity coding and unknown ones. */
    readonly maxRecvMessageLength?: number
    decompressMessage(message: Buffer): Promise<Buffer>
  }
}

/**
 * Counts the messages of a call while they are received: the pieces of an incomplete message, a message that is
 * decompressed, and messages that the reader keeps. Holds the server back while the actor has no memory for more.
 */
export class CallMemory implements Pausable {
  readonly #incoming: IncomingAnswers
  readonly #maxBytes: number
  #stream: ClientHttp2Stream | undefined
  #answer: IncomingAnswer | undefined
  #frames: MessageFrames | undefined
  /** Bytes of complete messages that grpc-js has not passed on. */
  #passing = 0
  #kept = 0
  /** Whether the stream is paused inside a message. At the end of a message grpc-js pauses it itself. */
  #isStreamPaused = false
  #isHeld = false
  /** Called when the call may read on. */
  onProceed: (() => void) | undefined

  /** @param maxBytes maximum size of a message */
  constructor(incoming: IncomingAnswers, maxBytes: number) {
    this.#incoming = incoming
    this.#maxBytes = maxBytes
  }

  /** Whether the next message has to wait. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Bytes that are counted. */
  get bytes(): number {
    return this.#answer?.bytes ?? 0
  }

  /** Begins to count when the headers of the server have arrived, before its first message is read. */
  watch(call: RawCall): void {
    const { child, filterStack } = call as unknown as Parts
    const below = child.underlyingCalls.at(-1)?.call.child
    if (below) {
      const { decoder, http2Stream } = below
      const write = writerOf(decoder)
      this.#stream = http2Stream
      decoder.write = (piece) => {
        if (this.#frames === undefined && isOneMessage(piece)) return write(piece)
        this.#frames ??= new MessageFrames()
        this.#frames.read(piece)
        this.#passing += this.#frames.completed
        this.#count()
        return write(copyOf(piece))
      }
    }
    for (const { receiveCompression } of filterStack.filters)
      if (receiveCompression?.maxRecvMessageLength !== undefined)
        receiveCompression.decompressMessage = (message) => this.#decompress(message)
  }

  /** Reports that the only message of the call has arrived. */
  received(): void {
    this.#answer?.received()
  }

  /** Reports that the message that was passing has reached its reader. */
  passed(): void {
    if (this.#passing === 0) return
    this.#passing = 0
    this.#count()
  }

  /** Counts a message that the reader keeps until `release`. @returns all that is kept */
  keep(bytes: number): number {
    this.#kept += bytes
    this.#count()
    return this.#kept
  }

  /** Releases what has not reached the reader, because the call has ended. */
  ended(): void {
    this.#passing = 0
    this.#frames = undefined
    this.#count()
  }

  /** Releases everything, also what the reader kept. */
  release(): void {
    this.#kept = 0
    this.ended()
  }

  pause(): void {
    this.#isHeld = true
    if (this.#frames === undefined || this.#frames.completed > 0) return
    this.#isStreamPaused = true
    this.#stream?.pause()
  }

  resume(): void {
    this.#isHeld = false
    if (this.#isStreamPaused) {
      this.#isStreamPaused = false
      this.#stream?.resume()
    }
    this.onProceed?.()
  }

  #count(): void {
    const bytes = (this.#frames?.partial ?? 0) + this.#passing + this.#kept
    if (bytes > 0) {
      this.#answer ??= this.#incoming.begin(this)
      this.#answer.set(bytes)
    } else if (this.#answer !== undefined) {
      this.#answer.end()
      this.#answer = undefined
      this.#isHeld = false
    }
  }

  /** Decompresses a message that grpc-js has received, as the next part of the same answer. */
  async #decompress(message: Buffer): Promise<Buffer> {
    const stream = createUnzip()
    this.#passing += message.length
    this.#count()
    this.#answer?.readFrom(stream)
    try {
      return await decompressMessage(stream, message, this.#maxBytes, (bytes) => {
        this.#passing += bytes
        this.#count()
      })
    } finally {
      this.#answer?.readFrom(this)
    }
  }
}
