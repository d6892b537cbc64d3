import type { Clock } from '../core/clock.js'
import { SerializeError } from '../core/errors/operation.js'
import type { TransformSettings } from '../core/settings/transform.js'
import type { Value } from '../core/value.js'
import { encodeError } from '../mailbox/error-codec.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { WireFormat } from '../wire/wire-format.js'
import { NO_BYTES, type Outgoing } from './outgoing.js'
import { ownCopy } from './own-copy.js'
import type { Outcome, Output, Pipeline, Transforms } from './transforms.js'
import { asSerializeError } from './undecodable.js'

export interface TopicTransformDependencies {
  readonly transforms: Transforms
  readonly settings: readonly TransformSettings[]
  readonly clock: Clock
  readonly gauges: Gauges
  readonly format: WireFormat
  /** Receives the messages that come out. */
  readonly pass: (message: Outgoing) => void
  /** Called when messages that had to wait have come out. */
  readonly onRoom: () => void
}

/** The transforms of one subscription. A message that cannot be transformed crosses with its error. */
export class TopicTransform {
  readonly #parts: TopicTransformDependencies
  readonly #pipeline: Pipeline<Outgoing>
  /** Whether messages that were not processed are acknowledged, because nobody wants them any more. */
  #acknowledges = false

  /** @throws SerializeError */
  constructor(parts: TopicTransformDependencies) {
    this.#parts = parts
    this.#pipeline = parts.transforms.make<Outgoing>(parts.settings, {
      emit: (output) => this.#emit(output),
      settled: (message, outcome) => this.#settled(message, outcome),
      onRoom: parts.onRoom,
    })
  }

  /** @returns false if the source should be held back until `onRoom` */
  push(message: Outgoing): boolean {
    const { format, clock } = this.#parts
    let payload: Value
    try {
      payload = message.transformed?.value ?? format.decode(message.payload)
    } catch (error) {
      this.#passFault(message, asSerializeError(error))
      return true
    }
    const { topic, extras } = message
    return this.#pipeline.push(message, {
      topic,
      payload,
      headers: extras?.headers ?? {},
      timestamp: clock.now(),
    })
  }

  /** Whether messages wait for a query that is not compiled. */
  get isBusy(): boolean {
    return this.#pipeline.isBusy
  }

  flush(): void {
    this.#pipeline.flush()
  }

  /** Ends the transforms. @param held what happens to the messages that they hold */
  close(held: 'acknowledge' | 'leave'): void {
    this.#acknowledges = held === 'acknowledge'
    this.#parts.transforms.close(this.#pipeline)
  }

  #emit(output: Output<Outgoing>): void {
    const { messages, value, bytes } = output
    const { topic, extras } = messages.at(-1)!
    this.#parts.pass({
      topic,
      payload: NO_BYTES,
      transformed: { value, bytes },
      extras: messages.length === 1 ? extras : undefined,
      taken: () => output.settle({ kind: 'taken' }),
    })
  }

  #settled(message: Outgoing, outcome: Outcome): void {
    switch (outcome.kind) {
      case 'failed':
        return this.#passFault(message, outcome.error ?? new SerializeError('the message failed'))
      case 'returned':
        if (this.#acknowledges) message.taken?.()
        return
      case 'filtered':
        this.#parts.gauges.count('filtered')
        message.taken?.()
        return
      case 'taken':
        message.taken?.()
    }
  }

  /** Passes a message without a value on. Reading its value throws the error. */
  #passFault(message: Outgoing, error: Error): void {
    this.#parts.gauges.countError('serialize')
    const { payload, extras } = message
    const fault = { ...extras, fault: encodeError(error), bytes: ownCopy(payload) }
    this.#parts.pass({
      topic: message.topic,
      payload: NO_BYTES,
      transformed: { value: null, bytes: payload.byteLength },
      extras: fault,
      taken: message.taken,
    })
  }
}
