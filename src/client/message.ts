import { INSPECT, shownAs, shownHeaders, shownValue } from '../core/inspect.js'
import type { Headers } from '../core/value.js'
import { messageOf } from '../mailbox/error-codec.js'
import type { Decode, MessageRun } from '../mailbox/message-run.js'

/** A message of a subscription. Its fields are read on access. */
export class Message<T = unknown> {
  readonly #run: MessageRun
  readonly #index: number
  readonly #decode: Decode | undefined
  #value: { readonly of: T } | undefined

  /** @internal */
  constructor(run: MessageRun, index: number, decode: Decode | undefined) {
    this.#run = run
    this.#index = index
    this.#decode = decode
  }

  /** The topic that it was published to. */
  get topic(): string {
    return this.#run.topic(this.#index)
  }

  /**
   * The decoded payload; the bytes themselves with `decode: "bytes"`.
   * @throws SerializeError if the payload cannot be decoded in the wire format
   */
  get value(): T {
    this.#value ??= { of: this.#run.value(this.#index, this.#decode) as T }
    return this.#value.of
  }

  /** The payload as it was on the wire; `undefined` with `decode: "value"`, where only the value crosses. */
  get bytes(): Uint8Array | undefined {
    return this.#run.payload(this.#index)
  }

  /** Text metadata beside the payload; empty where there is none. */
  get headers(): Headers {
    return this.#run.extras(this.#index)?.headers ?? {}
  }

  /** Whether the broker had retained the message for new subscribers. */
  get retain(): boolean {
    return this.#run.extras(this.#index)?.retain ?? false
  }

  /**
   * Returns topic, value and headers for a log; the error in place of a value that cannot be decoded. Never throws.
   * @returns topic, value and headers; the error in place of a value that cannot be decoded
   */
  toJSON(): unknown {
    const { topic, headers } = this
    try {
      return { topic, value: this.value, headers }
    } catch (error) {
      return { topic, error: messageOf(error), headers }
    }
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): object {
    const { topic, retain } = this
    const rest = { headers: shownHeaders(this.headers), ...(retain && { retain }) }
    return shownAs('Message', { topic, ...shownValue(() => this.value), ...rest })
  }
}
