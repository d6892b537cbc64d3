import { ByteQueue } from './byte-queue.js'

/** What a reader finds in the input. */
export type Input =
  | { readonly kind: 'message'; readonly bytes: Buffer }
  /** A message that is larger than the limit; its bytes are skipped. */
  | { readonly kind: 'oversized' }
  /** Bytes between messages that are not a message. */
  | { readonly kind: 'fault'; readonly reason: string }

/** Splits a stream of bytes into messages. */
export abstract class Reader {
  protected readonly bytes = new ByteQueue()
  /** Maximum size of a message. */
  protected readonly maxBytes: number

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  push(chunk: Buffer): void {
    this.bytes.push(chunk)
  }

  /** Takes the next message. @returns `undefined` if it has not arrived completely */
  abstract next(): Input | undefined

  /** Takes the bytes that are not read yet, for a reader of another framing. */
  rest(): Buffer {
    return this.bytes.take(this.bytes.length)
  }
}
