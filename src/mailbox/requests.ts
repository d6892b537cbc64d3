import { prepareValue } from '../core/prepare-value.js'
import { column } from './column.js'
import { NameReader, NameWriter } from './names.js'
import { pack, unpack } from './packing.js'
import type { RequestBatch, RequestOptions } from './protocol.js'
import { VERB_NUMBER, VERBS, type Verb } from './verbs.js'

/** A request on the host, before it is written to a batch. */
export interface OutgoingRequest {
  readonly verb: Verb
  readonly target: string
  readonly value: unknown
  readonly options: RequestOptions | undefined
  /** Milliseconds of `clock.monotonic()`; 0 for the actor's default time-out. */
  readonly deadline: number
  /** Whether an actor died while working on it. */
  readonly suspect?: boolean
  /** The number of the operation, the same in all lives of the actor. */
  readonly operation: number
}

/** Writes requests into batches. One for each life of an actor. */
export class RequestWriter {
  readonly #names = new NameWriter()

  /**
   * Writes one batch.
   * @returns the batch, and the buffers to transfer with it
   * @throws SerializeError if a value cannot be sent (see `prepareValue`)
   */
  write(
    first: number,
    requests: readonly OutgoingRequest[],
  ): { batch: RequestBatch; transfer: ArrayBuffer[] } {
    this.#names.trim()
    const count = requests.length
    const verbs: number[] = []
    const targets: number[] = []
    const values: unknown[] = []
    let options: (RequestOptions | undefined)[] | undefined
    let deadlines: number[] | undefined
    let payloads: Uint8Array[] | undefined
    let at: number[] | undefined
    const firstOperation = count === 0 ? 0 : requests[0]!.operation
    let operations: number[] | undefined
    let lastTarget = ''
    let lastNumber = -1
    for (let i = 0; i < count; i++) {
      const request = requests[i]!
      verbs.push(VERB_NUMBER[request.verb])
      if (operations !== undefined) operations.push(request.operation)
      else if (request.operation !== firstOperation + i)
        operations = [...Array.from({ length: i }, (_, k) => firstOperation + k), request.operation]
      if (lastNumber < 0 || request.target !== lastTarget) {
        lastTarget = request.target
        lastNumber = this.#names.number(lastTarget)
      }
      targets.push(lastNumber)
      if (request.value instanceof Uint8Array) {
        payloads ??= []
        at ??= []
        payloads.push(request.value)
        at.push(i)
        values.push(null)
      } else {
        values.push(prepareValue(request.value))
      }
      if (request.options !== undefined || request.suspect === true) {
        options ??= column<RequestOptions | undefined>(count, undefined)
        options[i] = request.suspect === true ? { ...request.options, suspect: true } : request.options
      }
      if (request.deadline !== 0) {
        deadlines ??= column(count, 0)
        deadlines[i] = request.deadline
      }
    }
    const packed = payloads === undefined ? undefined : pack(payloads)
    const bytes = packed === undefined ? undefined : { at: at!, packed }
    return {
      batch: {
        first,
        operations: operations ?? firstOperation,
        names: this.#names.take(),
        verbs,
        targets,
        values,
        bytes,
        options,
        deadlines,
      },
      transfer: packed === undefined ? [] : [packed.buffer],
    }
  }

  /** Clears the dictionary of names after a batch that could not be sent. */
  forgetNames(): void {
    this.#names.forget()
  }
}

/** A request on the actor, read from a batch. */
export interface IncomingRequest {
  readonly seq: number
  /** The number of the operation, the same in all lives of the actor. */
  readonly operation: number
  readonly verb: Verb
  readonly target: string
  readonly value: unknown
  readonly options: RequestOptions | undefined
  /** Milliseconds of `clock.monotonic()`; 0 for the actor's default time-out. */
  readonly deadline: number
  /** Names the operation for brokers that de-duplicate, for a request that is not from the host. */
  readonly id?: string
  /** See `Attempt.messageId`. */
  readonly messageId?: string
}

/** Reads requests from batches. One for each life of an actor. */
export class RequestReader {
  readonly #names = new NameReader()

  /** Calls `handle` with each request of the batch, in order. */
  read(batch: RequestBatch, handle: (request: IncomingRequest) => void): void {
    this.#names.learn(batch.names)
    const { first, operations, verbs, targets, values, bytes, options, deadlines } = batch
    let nextBytes = 0
    for (let i = 0; i < verbs.length; i++) {
      let value = values[i]
      if (bytes !== undefined && bytes.at[nextBytes] === i) value = unpack(bytes.packed, nextBytes++)
      handle({
        seq: first + i,
        operation: typeof operations === 'number' ? operations + i : operations[i]!,
        verb: VERBS[verbs[i]!]!,
        target: this.#names.name(targets[i]!),
        value,
        options: options?.[i],
        deadline: deadlines?.[i] ?? 0,
      })
    }
  }
}
