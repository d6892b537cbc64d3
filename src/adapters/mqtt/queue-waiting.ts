import { Deque } from '../../core/deque.js'

/** An item with a place in the order of arrival. */
export interface Ordered {
  readonly order: number
}

/** Waiting messages in the order of arrival, including those that were given back. */
export class WaitingMessages<M extends Ordered> {
  readonly #arrived = new Deque<M>()
  /** Messages that were given back, oldest first. */
  readonly #returned: M[] = []

  get size(): number {
    return this.#arrived.size + this.#returned.length
  }

  /** Returns the oldest message. */
  peek(): M | undefined {
    const [returned] = this.#returned
    const arrived = this.#arrived.peek()
    if (returned === undefined || arrived === undefined) return returned ?? arrived
    return returned.order < arrived.order ? returned : arrived
  }

  /** Adds a message that is newer than all others. */
  push(message: M): void {
    this.#arrived.push(message)
  }

  /** Adds a message that was removed before, at its place in the order. */
  putBack(message: M): void {
    let at = this.#returned.length
    while (at > 0 && this.#returned[at - 1]!.order > message.order) at--
    this.#returned.splice(at, 0, message)
  }

  /** Removes the oldest message. */
  shift(): M | undefined {
    const first = this.peek()
    if (first === undefined) return undefined
    if (first === this.#returned[0]) this.#returned.shift()
    else this.#arrived.shift()
    return first
  }
}
