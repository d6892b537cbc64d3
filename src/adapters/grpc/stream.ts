import type { Buffer } from 'node:buffer'
import { type Client, type Metadata, type StatusObject, status } from '@grpc/grpc-js'
import type { Headers } from '../../core/value.js'
import { headersOf } from './metadata.js'
import type { Status } from './status.js'

/**
 * A call of the library below its stream classes. Those read up to 16 messages ahead, whatever their size; here one
 * message is read at a time, and HTTP/2 flow control holds the server back.
 */
export type RawCall = ReturnType<ReturnType<Client['getChannel']>['createCall']>

/** Who reads a stream. */
export interface StreamReader {
  /** One message. @returns false: no more until `resume` */
  message(bytes: Buffer): boolean
  /** It is over, and every message has been given. Called once. */
  ended(status: Status): void
}

interface Unwritten {
  readonly bytes: Buffer
  resolve(): void
  reject(failure: Status): void
}

/** A call whose messages come and go one by one, of whatever kind the method is: on the wire all are alike. */
export class GrpcStream {
  readonly #call: RawCall
  readonly #unwritten: Unwritten[] = []
  #writing = false
  #ending = false
  #isWritten = false
  #reader: StreamReader | undefined
  #held = false
  /** The first message, while nobody reads. */
  #first: Buffer | undefined
  #headers: Headers = {}
  #status: Status | undefined
  #alive!: () => void
  #isOver!: (found: Status) => void
  /** Settles with the first sign of life: the server's headers, or its status. Never rejects. */
  readonly answered = new Promise<void>((resolve) => {
    this.#alive = resolve
  })
  /** Settles with its end. Where the end is in order, every message has been read by then. Never rejects. */
  readonly over = new Promise<Status>((resolve) => {
    this.#isOver = resolve
  })

  /** Starts the call. */
  constructor(call: RawCall, metadata: Metadata) {
    this.#call = call
    call.start(metadata, {
      onReceiveMetadata: (received) => {
        this.#headers = headersOf(received)
        this.#alive()
      },
      onReceiveMessage: (bytes: unknown) => this.#message(bytes as Buffer),
      onReceiveStatus: (found) => this.#ended(found),
    })
    // Until the first message is asked for the library reads the stream without limit.
    call.startRead()
  }

  /** What the server has sent before its first message. */
  get headers(): Headers {
    return this.#headers
  }

  /** How it ended; undefined while it has not. */
  get status(): Status | undefined {
    return this.#status
  }

  /** Whether it takes messages: it is not over, and `end` was not called. */
  get isWritable(): boolean {
    return this.#status === undefined && !this.#ending
  }

  /** Whether a message was sent on it. */
  get isWritten(): boolean {
    return this.#isWritten
  }

  /** Sends a message; resolves when it was written. @throws Status when the stream is over before that */
  write(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#status !== undefined) return reject(this.#status)
      this.#isWritten = true
      this.#unwritten.push({ bytes, resolve, reject })
      this.#writeNext()
    })
  }

  /** Sends messages in their order, and no more after them. @throws Status */
  async writeAll(messages: readonly Buffer[]): Promise<void> {
    for (const bytes of messages) await this.write(bytes)
    this.end()
  }

  /** No more messages will be sent after those that wait to be written. */
  end(): void {
    if (this.#ending) return
    this.#ending = true
    this.#writeNext()
  }

  /** Gives its messages to `reader` from now on. */
  read(reader: StreamReader): void {
    this.#reader = reader
    const first = this.#first
    this.#first = undefined
    if (first !== undefined) this.#give(first, reader)
    if (this.#status !== undefined) reader.ended(this.#status)
  }

  /** The reader has room again. Does nothing when it has always had. */
  resume(): void {
    if (!this.#held) return
    this.#held = false
    if (this.#status === undefined) this.#call.startRead()
  }

  /** Ends it at once, and tells the server. Idempotent. */
  cancel(): void {
    if (this.#status === undefined) this.#call.cancelWithStatus(status.CANCELLED, 'Cancelled on client')
  }

  #message(bytes: Buffer): void {
    if (this.#status !== undefined) return
    if (this.#reader === undefined) this.#first = bytes
    else this.#give(bytes, this.#reader)
  }

  #give(bytes: Buffer, reader: StreamReader): void {
    if (!reader.message(bytes)) this.#held = true
    else if (this.#status === undefined) this.#call.startRead()
  }

  #ended(found: StatusObject): void {
    if (this.#status !== undefined) return
    this.#status = found
    this.#alive()
    for (const { reject } of this.#unwritten.splice(0)) reject(found)
    this.#isOver(found)
    this.#reader?.ended(found)
  }

  /** The library takes the next message when it has written the one before. */
  #writeNext(): void {
    if (this.#writing || this.#status !== undefined) return
    const next = this.#unwritten[0]
    if (next === undefined) {
      if (this.#ending) this.#call.halfClose()
      return
    }
    this.#writing = true
    const onWritten = (error?: Error | null) => {
      this.#writing = false
      // Where it failed, the status says why.
      if (error || this.#status !== undefined) return
      this.#unwritten.shift()
      next.resolve()
      this.#writeNext()
    }
    this.#call.sendMessageWithContext({ callback: onWritten }, next.bytes)
  }
}

export const isOk = ({ code }: Status): boolean => code === status.OK
