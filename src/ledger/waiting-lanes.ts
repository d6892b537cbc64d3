import { Deque } from '../core/deque.js'
import type { Request } from './request.js'

/** The most requests in a batch. */
const FULL_BATCH = 1_024
/** The most bytes in a batch. Cloning this much takes about a millisecond on each side. */
export const FULL_BYTES = 1024 * 1024
/** Settled requests are removed from the lane of users when there are this many more of them than of others. */
const COMPACT_AT = 1_024

/** The requests that wait to be posted, in two lanes: system requests go before user requests. */
export class WaitingLanes {
  readonly #system = new Deque<Request>()
  #user = new Deque<Request>()
  /** The number of waiting user requests. */
  #size = 0
  #bytes = 0

  /** The number of waiting user requests. */
  get size(): number {
    return this.#size
  }

  /** The bytes of waiting user requests. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether no request waits; settled ones may still be counted. */
  get isEmpty(): boolean {
    return this.#system.size === 0 && this.#user.size === 0
  }

  /** The oldest waiting user request. */
  get oldest(): Request | undefined {
    for (let first = this.#user.peek(); first !== undefined; first = this.#user.peek()) {
      if (first.state === 'waiting') return first
      this.#user.shift()
    }
    return undefined
  }

  push(request: Request): void {
    this.#enter(request).push(request)
  }

  /** Puts requests at the front, in the given order. */
  putBack(requests: readonly Request[]): void {
    for (const request of [...requests].reverse()) this.#enter(request).unshift(request)
  }

  /** Counts a waiting request that the host settles. */
  forget(request: Request): void {
    if (request.isSystem) return
    this.#leave(request)
    // Requests that time out while there is no actor must not accumulate in the lane.
    if (this.#user.size > 2 * this.#size + COMPACT_AT) this.#compact(request)
  }

  /** Removes the requests of the next batch. @param credit the most user requests */
  take(credit: number): Request[] {
    const taken: Request[] = []
    let bytes = 0
    let left = credit
    const isFull = () => taken.length >= FULL_BATCH || bytes >= FULL_BYTES
    const take = (request: Request) => {
      taken.push(request)
      bytes += request.bytes
    }
    while (!isFull()) {
      const request = this.#system.shift()
      if (request === undefined) break
      if (request.state === 'waiting') take(request)
    }
    while (!isFull() && left > 0) {
      const request = this.#user.shift()
      if (request === undefined) break
      if (request.state !== 'waiting') continue
      this.#leave(request)
      take(request)
      left--
    }
    return taken
  }

  /** Removes and returns the requests for which `wanted` returns true, in order. */
  takeAll(wanted: (request: Request) => boolean): Request[] {
    const taken: Request[] = []
    for (const lane of [this.#system, this.#user])
      for (let left = lane.size; left > 0; left--) {
        const request = lane.shift()!
        if (request.state !== 'waiting') continue
        if (!wanted(request)) lane.push(request)
        else {
          if (!request.isSystem) this.#leave(request)
          taken.push(request)
        }
      }
    return taken
  }

  /** Yields all waiting requests. */
  *values(): IterableIterator<Request> {
    for (const lane of [this.#system, this.#user])
      for (const request of [...lane]) if (request.state === 'waiting') yield request
  }

  /** Counts a request as waiting. @returns its lane */
  #enter(request: Request): Deque<Request> {
    request.state = 'waiting'
    if (request.isSystem) return this.#system
    this.#size++
    this.#bytes += request.bytes
    return this.#user
  }

  #leave(request: Request): void {
    this.#size--
    this.#bytes -= request.bytes
  }

  #compact(gone: Request): void {
    const waiting = new Deque<Request>()
    for (const request of this.#user)
      if (request !== gone && request.state === 'waiting') waiting.push(request)
    this.#user = waiting
  }
}
