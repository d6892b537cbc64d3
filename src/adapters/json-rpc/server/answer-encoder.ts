import { Buffer } from 'node:buffer'
import type { Clock } from '../../../core/clock.js'
import type { Logger } from '../../../core/telemetry.js'
import type { Value } from '../../../core/value.js'
import type { WireFormat } from '../../../wire/wire-format.js'
import { RareWarning } from '../../rare-warning.js'
import type { CallerMemory } from './caller.js'
import { type ErrorObject, errorReply, type Id, internalError, NO_MEMORY } from './messages.js'

export interface Reply {
  readonly id: Id
  readonly value: Value
}

/** The answers of one batch. */
export interface Batch {
  readonly caller: CallerMemory
  /** Bytes that further answers may have. */
  room: number
  /** Bytes that are counted for the caller. */
  held: number
}

const OPEN = Buffer.from('[')
const COMMA = Buffer.from(',')
const CLOSE = Buffer.from(']')

/** Encodes answers within the limits of their size and of the memory of their caller. */
export class AnswerEncoder {
  readonly #format: WireFormat
  readonly #limit: number
  readonly #tooLarge: RareWarning
  readonly #unsendable: RareWarning
  readonly #dropped: RareWarning

  /** @param limit maximum size of an answer in bytes */
  constructor(format: WireFormat, limit: number, log: Logger, clock: Clock) {
    this.#format = format
    this.#limit = limit
    this.#tooLarge = new RareWarning(log, clock)
    this.#unsendable = new RareWarning(log, clock)
    this.#dropped = new RareWarning(log, clock)
  }

  /** Makes the answers of a batch. */
  batch(caller: CallerMemory): Batch {
    return { caller, room: this.#limit, held: 0 }
  }

  /**
   * Encodes an answer. If it is too large or cannot be encoded, sends the error without its data, or an internal
   * error. Never throws: a call without an answer would stay counted forever.
   */
  encode({ id, value }: Reply, limit = this.#limit): Uint8Array {
    try {
      const bytes = this.#format.encode(value)
      if (bytes.length <= limit) return bytes
      this.#tooLarge.add(`an answer of ${bytes.length} bytes exceeds the limit of ${limit} bytes`)
    } catch (error) {
      this.#unsendable.add(`an answer cannot be sent: ${(error as Error).message}`)
    }
    const { error } = value as { readonly error?: ErrorObject }
    if (error?.data === undefined) return this.#internalError(id)
    const { code, message } = error
    return this.encode({ id, value: errorReply(id, { code, message }) }, limit)
  }

  /** Encodes an internal error, without the id if that cannot be encoded. */
  #internalError(id: Id): Uint8Array {
    try {
      return this.#format.encode(internalError(id))
    } catch {
      return this.#format.encode(internalError(null))
    }
  }

  /** Encodes an answer that waits for the others of its batch. They share the limit of one answer. */
  encodeInBatch(reply: Reply, batch: Batch): Uint8Array {
    const bytes = this.encode(reply, batch.room)
    batch.room -= bytes.length
    if (batch.caller.tryAdd(bytes.length)) {
      batch.held += bytes.length
      return bytes
    }
    this.#dropped.add('an answer of a batch is dropped: its caller has filled its share of the memory limit')
    return this.encode({ id: reply.id, value: errorReply(reply.id, NO_MEMORY) })
  }

  /** Joins the answers of a batch. */
  join(answers: readonly Uint8Array[]): Uint8Array {
    const pieces: Uint8Array[] = []
    for (const bytes of answers) pieces.push(pieces.length === 0 ? OPEN : COMMA, bytes)
    return Buffer.concat([...pieces, CLOSE])
  }
}
