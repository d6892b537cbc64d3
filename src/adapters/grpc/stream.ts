import type { ClientDuplexStream, Metadata, StatusObject } from '@grpc/grpc-js'
import { status } from '@grpc/grpc-js'
import type { Headers } from '../../core/value.js'
import { headersOf } from './metadata.js'
import type { Status } from './status.js'

/** Who reads a stream. */
export interface StreamReader {
  /** One message. @returns false: no more until `resume` */
  message(bytes: Buffer): boolean
  /** It is over, and every message has been given. Called once. */
  ended(status: Status): void
}

/** A call whose messages come and go one by one, of whatever kind the method is: on the wire all are alike. */
export class GrpcStream {
  readonly #call: ClientDuplexStream<Buffer, Buffer>
  readonly #unwritten = new Set<(failure: Status) => void>()
  #headers: Headers = {}
  #status: Status | undefined
  #alive!: () => void
  /** Settles with the first sign of life: the server's headers, or its status. Never rejects. */
  readonly answered: Promise<void>
  /** Settles with its end, however many messages are still unread. Never rejects. */
  readonly over: Promise<Status>

  constructor(call: ClientDuplexStream<Buffer, Buffer>) {
    this.#call = call
    this.answered = new Promise((resolve) => {
      this.#alive = resolve
    })
    call.on('metadata', (metadata: Metadata) => {
      this.#headers = headersOf(metadata)
      this.#alive()
    })
    // It comes with the status, which says the same.
    call.on('error', () => {})
    this.over = new Promise((resolve) =>
      call.once('status', (found: StatusObject) => {
        this.#status = found
        this.#alive()
        for (const fail of [...this.#unwritten]) fail(found)
        resolve(found)
      }),
    )
  }

  /** What the server has sent before its first message. */
  get headers(): Headers {
    return this.#headers
  }

  /** How it ended; undefined while it has not. */
  get status(): Status | undefined {
    return this.#status
  }

  /** Sends a message; resolves when it was written. @throws Status when the stream is over before that */
  write(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#status !== undefined) return reject(this.#status)
      const fail = (failure: Status) => {
        this.#unwritten.delete(fail)
        reject(failure)
      }
      this.#unwritten.add(fail)
      this.#call.write(bytes, (error: unknown) => {
        // Where it failed, the status says why.
        if (error) return
        this.#unwritten.delete(fail)
        resolve()
      })
    })
  }

  /** Sends messages in their order, and no more after them. @throws Status */
  async writeAll(messages: readonly Buffer[]): Promise<void> {
    for (const bytes of messages) await this.write(bytes)
    this.end()
  }

  /** No more messages will be sent. */
  end(): void {
    if (this.#status === undefined && !this.#call.writableEnded) this.#call.end()
  }

  /** Gives its messages to `reader` from now on. */
  read(reader: StreamReader): void {
    this.#call.on('data', (bytes: Buffer) => {
      if (!reader.message(bytes)) this.#call.pause()
    })
    this.#call.once('end', () => {
      if (this.#status !== undefined) reader.ended(this.#status)
      else this.#call.once('status', (found: StatusObject) => reader.ended(found))
    })
  }

  /** The reader has room again. */
  resume(): void {
    this.#call.resume()
  }

  /** Ends it at once, and tells the server. Idempotent. */
  cancel(): void {
    if (this.#status === undefined) this.#call.cancel()
  }
}

export const isOk = ({ code }: Status): boolean => code === status.OK
