import type { Attempt } from '../core/adapter/attempt.js'
import { IntegrationError } from '../core/errors/integration-error.js'
import { SerializeError } from '../core/errors/operation.js'
import { SequenceTable } from '../core/sequence-table.js'
import type { Value } from '../core/value.js'
import type { WireFormat } from '../wire/wire-format.js'
import { abortFailure } from './abort.js'
import { cutOff } from './cut-off.js'

interface Pending {
  readonly resolve: (value: Value) => void
  readonly reject: (error: IntegrationError) => void
  readonly attempt: Attempt
}

/** A pending answer. */
export interface ExpectedReply {
  readonly number: number
  readonly answer: Promise<Value>
  fail(error: IntegrationError): void
}

/** Matches answers to the calls of one connection by a 32-bit number. */
export class PendingReplies {
  readonly #format: WireFormat
  readonly #pending = new SequenceTable<Pending>()
  #last: number

  /** @param last the number before the first one */
  constructor(format: WireFormat, last = 0) {
    this.#format = format
    this.#last = last
  }

  /** Registers a call and returns its number and its answer, which rejects when `context.signal` aborts. */
  expect(method: string, attempt: Attempt): ExpectedReply {
    const { signal } = attempt
    this.#last = (this.#last + 1) >>> 0
    const number = this.#last
    const onAbort = () => fail(abortFailure(`call ${method}`, signal))
    const settled = () => {
      signal.removeEventListener('abort', onAbort)
      return this.#pending.take(number) !== undefined
    }
    let fail!: (error: IntegrationError) => void
    const answer = new Promise<Value>((resolve, reject) => {
      fail = (error) => {
        if (settled()) reject(error)
      }
      this.#pending.set(number, {
        resolve: (value) => {
          if (settled()) resolve(value)
        },
        reject: fail,
        attempt,
      })
    })
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    return { number, answer, fail }
  }

  /** Settles the call with this number, if it is pending. @param read returns the encoded result, or an error */
  settle(number: number, read: () => Uint8Array | IntegrationError): void {
    const pending = this.#pending.get(number)
    if (pending === undefined) return
    try {
      const found = read()
      if (found instanceof IntegrationError) return pending.reject(found)
      pending.attempt.answered?.(found.byteLength)
      pending.resolve(this.#format.decode(found))
    } catch (cause) {
      pending.reject(
        cause instanceof IntegrationError
          ? cause
          : new SerializeError(`the answer is not ${this.#format.name}`, { cause }),
      )
    }
  }

  /** Rejects all pending calls, because their connection ended. */
  close(loss: IntegrationError): void {
    for (const pending of [...this.#pending.values()]) pending.reject(cutOff(loss))
  }
}
