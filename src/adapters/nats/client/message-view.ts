import { decodeHeaders, type HeaderBlock } from './headers.js'

const NO_HEADERS: HeaderBlock = {}
const EMPTY = Buffer.alloc(0)

/**
 * A view of a message in the receive buffer. Each connection reuses one view, which is valid until the handler returns,
 * because allocating an object and its strings for each message dominates the cost of reading.
 */
export class MessageView {
  sid = 0
  line: Buffer = EMPTY
  subjectStart = 0
  subjectEnd = 0
  replyStart = 0
  replyEnd = 0
  /** Size of the header block in bytes; 0 without headers. */
  headerSize = 0
  /** Size of headers and payload in bytes. */
  size = 0
  /** Headers and payload. These bytes are never written again, so parts of them may be kept. */
  body: Buffer = EMPTY

  /** Clears the body of a message that was skipped. `size` stays. */
  dropBody(): void {
    this.body = EMPTY
    this.headerSize = 0
  }

  get subject(): string {
    return this.line.toString('utf8', this.subjectStart, this.subjectEnd)
  }

  /** The subject for an answer. */
  get reply(): string | undefined {
    return this.replyEnd > this.replyStart
      ? this.line.toString('utf8', this.replyStart, this.replyEnd)
      : undefined
  }

  get headers(): HeaderBlock {
    return this.headerSize === 0 ? NO_HEADERS : decodeHeaders(this.body.subarray(0, this.headerSize))
  }

  /** The payload; copied if it is a small part of its buffer, so that keeping it does not keep the whole buffer. */
  get ownPayload(): Uint8Array {
    const { payload } = this
    return payload.buffer.byteLength > 2 * payload.byteLength ? new Uint8Array(payload) : payload
  }

  /** The payload, as a part of the receive buffer. */
  get payload(): Buffer {
    return this.headerSize === 0 ? this.body : this.body.subarray(this.headerSize)
  }
}
