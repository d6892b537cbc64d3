import type { Buffer } from 'node:buffer'
import { type Metadata, type StatusObject, status } from '@grpc/grpc-js'
import type { Headers } from '../../core/value.js'
import type { CallMemory } from './call-memory.js'
import { foundStatus } from './found-status.js'
import { headersOf } from './metadata.js'
import type { RawCall } from './raw-call.js'
import { CLOSED_BY_US, DROPPED, type Status } from './status.js'
import type { TurnQuota } from './turn-quota.js'

/** Receives the messages of a stream. */
export interface StreamReader {
  /** Receives one message. @returns false to pause until `resume` */
  message(bytes: Buffer): boolean
  /** Called once, when the stream has ended and every message has been delivered. */
  ended(status: Status): void
}

interface Unwritten {
  readonly bytes: Buffer
  resolve(): void
  reject(failure: Status): void
}

/** A call of any kind whose messages are written and read one by one. All kinds are alike on the wire. */
export class GrpcStream {
  readonly #call: RawCall
  /** What the stream holds in the memory of the actor. */
  readonly memory: CallMemory
  readonly #turns: TurnQuota
  readonly #unwritten: Unwritten[] = []
  #writing = false
  #ending = false
  #isWritten = false
  #reader: StreamReader | undefined
  #held = false
  /** Whether reading goes on when the actor has memory again. */
  #awaitsMemory = false
  /** The first message, until `read` is called. */
  #first: Buffer | undefined
  #received: Metadata | undefined
  #status: Status | undefined
  #resolveAnswered!: () => void
  #resolveOver!: (found: Status) => void
  /** Resolves when the server's headers or its status arrive. Never rejects. */
  readonly answered = new Promise<void>((resolve) => {
    this.#resolveAnswered = resolve
  })
  /**
   * Resolves with the status of the stream. If the status is OK, every message has been read by then. Never
   * rejects.
   */
  readonly over = new Promise<Status>((resolve) => {
    this.#resolveOver = resolve
  })

  /** Starts the call. */
  constructor(call: RawCall, metadata: Metadata, memory: CallMemory, turns: TurnQuota) {
    this.#call = call
    this.memory = memory
    this.#turns = turns
    memory.onProceed = () => {
      if (!this.#awaitsMemory) return
      this.#awaitsMemory = false
      this.#readOn()
    }
    call.start(metadata, {
      onReceiveMetadata: (received) => {
        this.#received = received
        memory.watch(call)
        this.#resolveAnswered()
      },
      onReceiveMessage: (bytes: unknown) => this.#message(bytes as Buffer),
      onReceiveStatus: (found) => this.#ended(found),
    })
    // grpc-js reads the stream without limit until the first `startRead`.
    call.startRead()
  }

  /** Headers that the server sent before its first message. */
  get headers(): Headers {
    return headersOf(this.#received)
  }

  /** Status of the stream; `undefined` until it has ended. */
  get status(): Status | undefined {
    return this.#status
  }

  /** Whether messages can be written: the stream has not ended, and `end` was not called. */
  get isWritable(): boolean {
    return this.#status === undefined && !this.#ending
  }

  /** Whether a message was written. */
  get isWritten(): boolean {
    return this.#isWritten
  }

  /** Writes a message and resolves when it was written. @throws Status if the stream ends before that */
  write(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#status !== undefined) return reject(this.#status)
      this.#isWritten = true
      this.#unwritten.push({ bytes, resolve, reject })
      this.#writeNext()
    })
  }

  /** Writes messages in order, then ends our side. @throws Status */
  async writeAll(messages: readonly Buffer[]): Promise<void> {
    for (const bytes of messages) await this.write(bytes)
    this.end()
  }

  /** Ends our side after the messages that wait to be written. */
  end(): void {
    if (this.#ending) return
    this.#ending = true
    this.#writeNext()
  }

  /** Begins to deliver messages to `reader`. */
  read(reader: StreamReader): void {
    this.#reader = reader
    const first = this.#first
    this.#first = undefined
    if (first !== undefined) this.#give(first, reader)
    if (this.#status !== undefined) reader.ended(this.#status)
  }

  /** Reads on after a pause. Has no effect without one. */
  resume(): void {
    if (!this.#held) return
    this.#held = false
    this.#readOn()
  }

  /** Cancels the stream at the server. Idempotent. */
  cancel(): void {
    if (this.#status === undefined) this.#call.cancelWithStatus(status.CANCELLED, CLOSED_BY_US)
  }

  /** Ends the stream because its connection is lost or closed. Idempotent. */
  lose(): void {
    if (this.#status === undefined) this.#call.cancelWithStatus(status.UNAVAILABLE, DROPPED)
  }

  #message(bytes: Buffer): void {
    if (this.#status !== undefined) return
    if (this.#reader === undefined) this.#first = bytes
    else this.#give(bytes, this.#reader)
  }

  #give(bytes: Buffer, reader: StreamReader): void {
    this.memory.passed()
    if (!reader.message(bytes)) this.#held = true
    else if (this.#turns.spend()) this.#readOn()
    else this.#turns.whenDue(() => this.#readOn())
  }

  #readOn(): void {
    if (this.memory.isHeld) this.#awaitsMemory = true
    else if (this.#status === undefined) this.#call.startRead()
  }

  #ended(reported: StatusObject): void {
    if (this.#status !== undefined) return
    this.memory.ended()
    const found = foundStatus(reported, this.#received)
    this.#status = found
    this.#resolveAnswered()
    for (const { reject } of this.#unwritten.splice(0)) reject(found)
    this.#resolveOver(found)
    this.#reader?.ended(found)
  }

  /** Writes one message at a time, because grpc-js takes the next one only after the callback of the last. */
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
      // After a failure the status says why.
      if (error || this.#status !== undefined) return
      this.#unwritten.shift()
      next.resolve()
      this.#writeNext()
    }
    this.#call.sendMessageWithContext({ callback: onWritten }, next.bytes)
  }
}

export const isOk = ({ code }: Status): boolean => code === status.OK
