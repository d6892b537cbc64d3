import { Buffer } from 'node:buffer'

/** Bytes before each message: a flag, and the length of the message. */
const HEAD = 5
const LENGTH_AT = 1
/** Memory of a piece beside its bytes. */
const PIECE_BYTES = 256

/** Memory of a message beside its bytes: its objects here and in grpc-js, and its decoded value. */
export const MESSAGE_BYTES = 256

/** Whether a piece is a whole message, as most are: then nothing of it is kept. */
export function isOneMessage(piece: Buffer): boolean {
  return piece.length >= HEAD && piece.readUInt32BE(LENGTH_AT) === piece.length - HEAD
}

/** Copies a piece. It is a view of what was read from the socket, and would keep that alive. */
export function copyOf(piece: Uint8Array): Buffer {
  return Buffer.from(new Uint8Array(piece).buffer)
}

/** Finds the end of each message in the pieces of a stream. */
export class MessageFrames {
  readonly #head = Buffer.alloc(HEAD)
  #headBytes = 0
  #left = 0
  /** Memory of the incomplete message at the end. */
  partial = 0
  /** Memory of the messages that the last piece completed. */
  completed = 0

  /** Reads a piece up to the end of its `most`th message. @returns how many bytes were read */
  read(piece: Buffer, most = Number.POSITIVE_INFINITY): number {
    this.completed = 0
    this.partial += PIECE_BYTES
    let at = 0
    for (let messages = 0; at < piece.length && messages < most; ) {
      const isHead = this.#headBytes < HEAD
      const size = Math.min(isHead ? HEAD - this.#headBytes : this.#left, piece.length - at)
      if (isHead) {
        piece.copy(this.#head, this.#headBytes, at, at + size)
        this.#headBytes += size
        if (this.#headBytes === HEAD) this.#left = this.#head.readUInt32BE(LENGTH_AT)
      } else this.#left -= size
      at += size
      this.partial += size
      if (this.#headBytes < HEAD || this.#left > 0) continue
      this.#headBytes = 0
      messages++
      this.completed += this.partial
      this.partial = 0
    }
    return at
  }
}
