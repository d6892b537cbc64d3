import type { InboundDelivery } from '../core/adapter/queue-facet.js'
import type { Clock } from '../core/clock.js'
import { SerializeError } from '../core/errors/operation.js'
import type { TransformSettings } from '../core/settings/transform.js'
import type { Value } from '../core/value.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { WireFormat } from '../wire/wire-format.js'
import { NO_BYTES, type Outgoing } from './outgoing.js'
import { queueExtras } from './queue-extras.js'
import type { Outcome, Output, Pipeline, Transforms } from './transforms.js'
import type { UnsettledDeliveries } from './unsettled.js'

/** The most messages that are requested for windows. */
const MOST_PREFETCHED = 65_535

export interface QueueTransformDependencies {
  readonly transforms: Transforms
  readonly settings: readonly TransformSettings[]
  readonly clock: Clock
  readonly gauges: Gauges
  readonly format: WireFormat
  readonly unsettled: UnsettledDeliveries
  /** Receives the messages that come out, each with the token to settle it with. */
  readonly pass: (message: Outgoing) => void
}

/** A delivery in the pipeline. */
interface Taken {
  readonly delivery: InboundDelivery
  readonly token: number
  readonly epoch: number
}

/**
 * The transforms of one consumer. A delivery is settled once all messages that were made from it are. One that cannot
 * be transformed is dead-lettered.
 */
export class QueueTransform {
  readonly #parts: QueueTransformDependencies
  readonly #pipeline: Pipeline<Taken>
  /** Messages with the host. */
  readonly #outputs = new Set<Output<Taken>>()
  /** The answers of the broker to what is being settled now. */
  #answers: Promise<boolean>[] = []
  /** Counts the connections: deliveries of an earlier one cannot be settled. */
  #epoch = 0

  /** @throws SerializeError */
  constructor(parts: QueueTransformDependencies) {
    this.#parts = parts
    this.#pipeline = parts.transforms.make<Taken>(parts.settings, {
      emit: (output) => this.#emit(output),
      settled: (taken, outcome) => this.#settled(taken, outcome),
      onRoom: () => {},
    })
  }

  push(delivery: InboundDelivery, token: number): void {
    const { format, clock, unsettled } = this.#parts
    let payload: Value
    try {
      payload = format.decode(delivery.payload)
    } catch (error) {
      this.#parts.gauges.countError('serialize')
      return unsettled.undecodable(token, error as Error)
    }
    const { topic, headers = {}, id, attempt, redelivered } = delivery
    this.#pipeline.push(
      { delivery, token, epoch: this.#epoch },
      {
        topic,
        queue: topic,
        payload,
        headers,
        timestamp: clock.now(),
        id: id ?? null,
        attempt,
        redelivered,
      },
    )
  }

  /** Gives up all messages, because their connection is lost. Their broker delivers them again. */
  disconnected(): void {
    this.#epoch++
    this.#pipeline.reset()
    this.#returnOutputs()
  }

  /** Ends the transforms, and gives back what they hold. Messages with the host may still be settled. */
  close(): void {
    this.#parts.transforms.close(this.#pipeline)
  }

  #emit(output: Output<Taken>): void {
    const { delivery, epoch } = output.messages.at(-1)!
    if (epoch !== this.#epoch) return output.settle({ kind: 'returned' })
    this.#outputs.add(output)
    const token = this.#parts.unsettled.add((outcome) => this.#settleOutput(output, outcome))
    const { value, bytes } = output
    this.#parts.pass({
      topic: delivery.topic,
      payload: NO_BYTES,
      transformed: { value, bytes },
      extras: queueExtras(delivery, token),
    })
  }

  /** @returns whether the broker has been told, as far as something was to be told */
  async #settleOutput(output: Output<Taken>, outcome: Outcome): Promise<boolean> {
    this.#outputs.delete(output)
    this.#answers = []
    output.settle(outcome)
    const answers = this.#answers
    this.#answers = []
    return (await Promise.all(answers)).every((isSettled) => isSettled)
  }

  #returnOutputs(): void {
    const outputs = [...this.#outputs]
    this.#outputs.clear()
    for (const output of outputs) output.settle({ kind: 'returned' })
  }

  #settled({ token }: Taken, outcome: Outcome): void {
    const { unsettled, gauges } = this.#parts
    const answer = (told: Promise<boolean>) => {
      // A filtered or returned message has nobody who waits.
      told.catch(() => {})
      this.#answers.push(told)
    }
    switch (outcome.kind) {
      case 'taken':
        return answer(unsettled.ack(token))
      case 'filtered':
        gauges.count('filtered')
        return answer(unsettled.ack(token))
      case 'returned':
        return answer(unsettled.undelivered(token))
      case 'failed': {
        const { error, isPermanent, delayMs } = outcome
        if (!isPermanent) return answer(unsettled.nack(token, delayMs, error?.message))
        gauges.countError('serialize')
        unsettled.undecodable(token, error ?? new SerializeError('the message failed'))
      }
    }
  }
}

/** How many messages the windows of the transforms may hold at once: a consumer must request as many. */
export function heldByWindows(transforms: readonly TransformSettings[]): number {
  const sizes = transforms.map((each) =>
    each.type === 'window' && 'messages' in each.size ? each.size.messages : 1,
  )
  return Math.min(
    MOST_PREFETCHED,
    sizes.reduce((product, size) => product * size, 1),
  )
}
