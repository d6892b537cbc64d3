import { decodeHeaders, type HeaderBlock } from './headers.js'

const NO_HEADERS: HeaderBlock = {}
const EMPTY = Buffer.alloc(0)

/**
 * A message as it lies in the bytes that were read. There is one view for each connection, good until the handler
 * of the message returns: making an object and its texts for each message is what a reader spends most time on.
 */
export class MessageView {
  sid = 0
  line: Buffer = EMPTY
  subjectStart = 0
  subjectEnd = 0
  replyStart = 0
  replyEnd = 0
  /** Bytes of the block of headers; 0 when there are none. */
  headerSize = 0
  /** Bytes of headers and payload. */
  size = 0
  /** Headers and payload. Never written to again, so that parts of it may be kept. */
  body: Buffer = EMPTY

  /** Of a message whose bytes were passed over; `size` stays. */
  dropBody(): void {
    this.body = EMPTY
    this.headerSize = 0
  }

  get subject(): string {
    return this.line.toString('utf8', this.subjectStart, this.subjectEnd)
  }

  /** Where an answer goes. */
  get reply(): string | undefined {
    return this.replyEnd > this.replyStart
      ? this.line.toString('utf8', this.replyStart, this.replyEnd)
      : undefined
  }

  get headers(): HeaderBlock {
    return this.headerSize === 0 ? NO_HEADERS : decodeHeaders(this.body.subarray(0, this.headerSize))
  }

  /** The payload, copied where it is a small part of what was read: kept, it would keep the whole chunk alive. */
  get ownPayload(): Uint8Array {
    const { payload } = this
    return payload.buffer.byteLength > 2 * payload.byteLength ? new Uint8Array(payload) : payload
  }

  /** A part of what was read in one go. */
  get payload(): Buffer {
    return this.headerSize === 0 ? this.body : this.body.subarray(this.headerSize)
  }
}
