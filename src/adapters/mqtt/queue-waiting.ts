import { Deque } from '../../core/deque.js'

/** What has a place in the order of arrival. */
export interface Ordered {
  readonly order: number
}

/** Messages that wait, in the order in which they arrived, those that were given back included. */
export class WaitingMessages<M extends Ordered> {
  readonly #arrived = new Deque<M>()
  /** Those that were given back, the oldest first. */
  readonly #returned: M[] = []

  get size(): number {
    return this.#arrived.size + this.#returned.length
  }

  /** The oldest. */
  peek(): M | undefined {
    const [returned] = this.#returned
    const arrived = this.#arrived.peek()
    if (returned === undefined || arrived === undefined) return returned ?? arrived
    return returned.order < arrived.order ? returned : arrived
  }

  /** Adds one that is newer than all others. */
  push(message: M): void {
    this.#arrived.push(message)
  }

  /** Adds one that was here before. */
  putBack(message: M): void {
    let at = this.#returned.length
    while (at > 0 && this.#returned[at - 1]!.order > message.order) at--
    this.#returned.splice(at, 0, message)
  }

  /** Takes the oldest. */
  shift(): M | undefined {
    const first = this.peek()
    if (first === undefined) return undefined
    if (first === this.#returned[0]) this.#returned.shift()
    else this.#arrived.shift()
    return first
  }
}
