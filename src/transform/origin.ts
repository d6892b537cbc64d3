/** How a message leaves a pipeline. */
export type Outcome =
  /** Each output made from it has been taken. */
  | { readonly kind: 'taken' }
  /** No output was made from it. */
  | { readonly kind: 'filtered' }
  /** A transform failed, or the taker of an output failed. */
  | {
      readonly kind: 'failed'
      readonly error?: Error
      /** Whether a transform failed, so that the same message would fail again. */
      readonly isPermanent: boolean
      /** When the taker wants it again. */
      readonly delayMs?: number
    }
  /** It was not processed, because the pipeline closed or the taker gave an output back. */
  | { readonly kind: 'returned' }

const RANK = { filtered: 0, taken: 1, returned: 2, failed: 3 } as const satisfies Readonly<
  Record<Outcome['kind'], number>
>

export interface OriginOwner<Message> {
  /** Receives a message once, when it is settled. */
  settled(message: Message, outcome: Outcome): void
}

/**
 * A message that was put into a pipeline. Each item made from it holds it; it is settled once, when the last item has
 * released it. The gravest outcome of all items counts.
 */
export class Origin<Message> {
  readonly message: Message
  readonly #owner: OriginOwner<Message>
  #holds = 1
  #outcome: Outcome = { kind: 'filtered' }
  #undo: (() => void)[] | undefined

  constructor(message: Message, owner: OriginOwner<Message>) {
    this.message = message
    this.#owner = owner
  }

  /** Adds a hold for another item. */
  hold(): void {
    this.#holds++
  }

  /** Releases a hold. */
  release(outcome: Outcome): void {
    if (RANK[outcome.kind] > RANK[this.#outcome.kind]) this.#outcome = outcome
    if (--this.#holds > 0) return
    const { kind } = this.#outcome
    if (kind === 'failed' || kind === 'returned') for (const undo of this.#undo ?? []) undo()
    this.#owner.settled(this.message, this.#outcome)
  }

  /**
   * Registers a function that undoes the effect of this message on a step. It is called if the message was not
   * processed, because the message may come again.
   */
  onUndone(undo: () => void): void {
    this.#undo ??= []
    this.#undo.push(undo)
  }
}
