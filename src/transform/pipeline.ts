import type { ByteBudget } from '../core/byte-budget.js'
import type { Clock } from '../core/clock.js'
import { SerializeError } from '../core/errors/operation.js'
import type { TransformSettings } from '../core/settings/transform.js'
import type { Value } from '../core/value.js'
import { type Item, release } from './item.js'
import { Origin, type Outcome } from './origin.js'
import { CLOSED, QueryRunner, type SlowPath } from './query.js'
import { sizeOf } from './size.js'
import { Stage } from './stage.js'
import type { CallFunction } from './step.js'
import { makeStep } from './steps/make.js'

/** What comes out of a pipeline. The taker settles it once. */
export interface Output<Message> {
  readonly value: Value
  /** The estimated size of the value, in bytes. */
  readonly bytes: number
  /** The messages that it was made from, oldest first; several after a window. */
  readonly messages: readonly Message[]
  /**
   * Ends the responsibility of the taker. A message is settled when all outputs that were made from it are.
   * @param outcome `taken` once everything that follows from the output has been accepted
   */
  settle(outcome: Outcome): void
}

/** What a pipeline needs from its surroundings. */
export interface PipelineDependencies<Message> {
  readonly clock: Clock
  /** Counts the values that the pipeline holds. */
  readonly budget: ByteBudget
  /**
   * Receives each output, in order. All outputs that are made of one message in one step are emitted in one turn, after
   * every transform has succeeded for all of them.
   */
  emit(output: Output<Message>): void
  /**
   * Receives each message that was put in, once, when it is settled. `filtered` messages are counted by the caller.
   */
  settled(message: Message, outcome: Outcome): void
  /** Makes the path of queries that are not compiled. Called at most once, and only if there is such a query. */
  readonly slow: () => SlowPath
  /** Calls functions of scripts, for transforms of that type. */
  readonly call: CallFunction
  /**
   * Called when groups that had to wait have left the slow path or a script, if `push` has returned false or none waits
   * any more.
   */
  readonly onRoom: () => void
}

/** Groups of items that may wait for the slow path or a script; beyond it, the source is held back. */
const MOST_PENDING = 1_024

/** Transforms messages in order. */
export class Pipeline<Message> {
  readonly #parts: PipelineDependencies<Message>
  readonly #stages: readonly Stage[]
  readonly #joined = new Map<string, Value>()
  #isHeld = false
  #isClosed = false

  /** @throws JqSyntaxError */
  constructor(transforms: readonly TransformSettings[], parts: PipelineDependencies<Message>) {
    this.#parts = parts
    let slow: SlowPath | undefined
    const slowOnce = () => {
      slow ??= parts.slow()
      return slow
    }
    const { clock, budget } = parts
    const queries = {
      now: () => clock.now(),
      nextTurn: (task: () => void) => void clock.nextTurn(task),
      slow: slowOnce,
      isClosed: () => this.#isClosed,
    }
    this.#stages = transforms.map((settings, index) => {
      const step = makeStep(settings, {
        clock,
        budget,
        emit: (items) => this.#advance(items, index + 1),
        query: (query) => new QueryRunner(`${settings.type} (${query.text})`, query, queries),
        joined: (data) => this.#joined.get(data),
        call: async (handler, value) => {
          const result = await parts.call(handler, value)
          if (this.#isClosed) throw new Error(CLOSED)
          return result
        },
      })
      return new Stage(step, {
        budget,
        onward: (items) => {
          this.#advance(items, index + 1)
          this.#resumeIfRoom()
        },
        failed: (items, error) => this.#fail(items, error),
      })
    })
  }

  /**
   * Puts a message in. Never throws: a failure settles the message, and the next one is not affected.
   * @param message handed back when it is settled
   * @param value what the first transform sees; it must not change afterwards
   * @returns false if the source should be held back until `onRoom`; the message is accepted all the same
   */
  push(message: Message, value: Value): boolean {
    const origin = new Origin(message, this.#parts)
    this.#advance([{ value, origins: [origin] }], 0)
    this.#isHeld = !this.#hasRoom(1)
    return !this.#isHeld
  }

  /** Sets the newest value of a `data` block, for `join`. */
  update(data: string, value: Value): void {
    this.#joined.set(data, value)
  }

  /** Emits what windows and timers hold, because the source has ended. */
  flush(): void {
    for (const { step } of this.#stages) step.flush?.()
  }

  /** Settles all messages that it holds as `returned`, those in a slow query or a script when it has ended. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.reset()
  }

  /** As `close`, but further messages are accepted: their source has a new connection. */
  reset(): void {
    for (const { step } of this.#stages)
      for (const item of step.close?.() ?? []) release(item, { kind: 'returned' })
  }

  #advance(items: readonly Item[], from: number): void {
    let at: readonly Item[] | undefined = items
    for (let index = from; index < this.#stages.length && !this.#isClosed; index++) {
      if (at.length === 0) return
      at = this.#stages[index]!.run(at)
      if (at === undefined) return
    }
    for (const item of at) this.#emit(item as Item<Message>)
  }

  #emit(item: Item<Message>): void {
    if (this.#isClosed) return release(item, { kind: 'returned' })
    let isSettled = false
    this.#parts.emit({
      value: item.value,
      bytes: sizeOf(item.value),
      messages: messagesOf(item),
      settle: (outcome) => {
        if (isSettled) return
        isSettled = true
        release(item, outcome)
      },
    })
  }

  #fail(items: readonly Item[], error: unknown): void {
    const outcome: Outcome = this.#isClosed
      ? { kind: 'returned' }
      : { kind: 'failed', error: asSerializeError(error), isPermanent: true }
    for (const item of items) release(item, outcome)
  }

  /** Whether items wait for the slow path or a script. */
  get isBusy(): boolean {
    return this.#pending > 0
  }

  #resumeIfRoom(): void {
    if (this.isBusy && !(this.#isHeld && this.#hasRoom(0.5))) return
    this.#isHeld = false
    this.#parts.onRoom()
  }

  get #pending(): number {
    let pending = 0
    for (const stage of this.#stages) pending += stage.pending
    return pending
  }

  /** Whether fewer groups wait than a share of the most. */
  #hasRoom(share: number): boolean {
    const pending = this.#pending
    return pending === 0 || (pending < share * MOST_PENDING && !this.#parts.budget.isFull)
  }
}

/** The messages of an item without repetitions: a step may have made several items of one message. */
function messagesOf<Message>({ origins }: Item<Message>): readonly Message[] {
  if (origins.length === 1) return [origins[0]!.message]
  return [...new Set(origins)].map(({ message }) => message)
}

function asSerializeError(error: unknown): SerializeError {
  if (error instanceof SerializeError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new SerializeError(reason, { cause: error })
}

export type { Outcome }
