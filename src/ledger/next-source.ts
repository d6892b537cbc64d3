import type { SourceHandler } from '../mailbox/integration-mail.js'
import type { NameReader } from '../mailbox/names.js'
import type { DeliveryRun } from '../mailbox/protocol.js'
import { type Credit, freshCredit } from './source-credit.js'

interface HeldRun {
  readonly run: DeliveryRun
  readonly names: NameReader
}

/**
 * A source at a successor that has not taken over yet. What it delivers waits here, within its credit. It counts as received, so
 * that the broker is acknowledged and does not collect messages meanwhile.
 */
export class NextSource {
  readonly credit: Credit = freshCredit()
  /** How many messages were dropped there. */
  dropped = 0
  /** Why it has ended there. */
  ended: Error | undefined
  readonly #life: number
  #held: HeldRun[] = []

  /** @param life the number of the successor */
  constructor(life: number) {
    this.#life = life
  }

  /** Keeps messages until `release`. */
  hold(run: DeliveryRun, names: NameReader): void {
    this.#held.push({ run, names: names.copy() })
  }

  /** Passes what it has kept on. */
  release(handler: SourceHandler): void {
    const held = this.#held
    this.#held = []
    for (const { run, names } of held) handler.receive(run, names, this.#life)
  }
}
