import { Deque } from '../core/deque.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import type { MessageRun } from '../mailbox/message-run.js'
import type { Turn } from '../mailbox/turn.js'

interface Waiter<M> {
  readonly resolve: (result: IteratorResult<M, undefined>) => void
  readonly reject: (error: Error) => void
}

type State = { readonly kind: 'open' } | { readonly kind: 'ended'; readonly error: Error | undefined }

/** How many messages are handed out before the clock is read again. */
const LOOK_EVERY = 32

/**
 * The messages on the host that wait for a consumer, handed out one by one. Pauses when the budget of a turn of the
 * event loop is spent, so that a fast consumer does not block the loop.
 */
export class RunQueue<M> {
  readonly #turn: Turn
  readonly #make: (run: MessageRun, index: number) => M
  readonly #finished: (run: MessageRun) => void
  readonly #runs = new Deque<MessageRun>()
  readonly #waiters = new Deque<Waiter<M>>()
  #current: MessageRun | undefined
  #index = 0
  #untilLook = LOOK_EVERY
  #paused = false
  #state: State = { kind: 'open' }

  /**
   * @param make makes the object that the consumer receives
   * @param finished called with a run when the consumer asks for a message after its last one
   */
  constructor(turn: Turn, make: (run: MessageRun, index: number) => M, finished: (run: MessageRun) => void) {
    this.#turn = turn
    this.#make = make
    this.#finished = finished
  }

  /** Adds a run. @returns false if the queue has ended */
  push(run: MessageRun): boolean {
    if (this.#state.kind === 'ended') return false
    this.#runs.push(run)
    this.#serve()
    return true
  }

  /**
   * Returns the next message; `done` once the queue has ended and is empty.
   * @throws the error with which it ended, once
   */
  next(): Promise<IteratorResult<M, undefined>> {
    const message = this.takeNow()
    return message === undefined ? this.#wait() : Promise.resolve({ value: message, done: false })
  }

  /**
   * Takes the next message without a promise. @returns `undefined` if there is none, or if `next` must be called because
   * the budget of the turn may be spent
   */
  takeNow(): M | undefined {
    return !this.#paused && this.#waiters.size === 0 && --this.#untilLook > 0 ? this.#take() : undefined
  }

  /** Whether there are unread messages. */
  get hasMessages(): boolean {
    return this.#runs.size > 0 || (this.#current !== undefined && this.#index < this.#current.count)
  }

  /** Whether the queue has ended; unread messages may be left. */
  get hasEnded(): boolean {
    return this.#state.kind === 'ended'
  }

  /** How many consumers wait for a message. */
  get waiting(): number {
    return this.#waiters.size
  }

  /** Ends the queue. Unread messages are still handed out, unless `discard` is true. */
  end(error: Error | undefined, discard = false): void {
    if (this.#state.kind === 'ended') return
    this.#state = { kind: 'ended', error: error instanceof ShutdownError ? undefined : error }
    if (discard) this.discard()
    this.#serve()
  }

  /** Ends the queue. @returns the unread messages */
  endNow(): M[] {
    const left = this.takeAll()
    this.end(undefined)
    return left
  }

  /** Removes and returns the unread messages. */
  takeAll(): M[] {
    const left: M[] = []
    for (let message = this.#take(); message !== undefined; message = this.#take()) left.push(message)
    return left
  }

  /** Removes the unread messages. */
  discard(): void {
    this.#runs.clear()
    this.#current = undefined
  }

  #take(): M | undefined {
    let run = this.#current
    if (run === undefined || this.#index >= run.count) {
      if (run !== undefined) this.#finished(run)
      run = this.#runs.shift()
      this.#current = run
      this.#index = 0
      if (run === undefined) return undefined
    }
    return this.#make(run, this.#index++)
  }

  #wait(): Promise<IteratorResult<M, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject })
      this.#serve()
    })
  }

  #serve(): void {
    while (!this.#paused && this.#waiters.size > 0) {
      if (this.#untilLook <= 0) {
        this.#untilLook = LOOK_EVERY
        if (this.#turn.spent()) return this.#pause()
      }
      const message = this.#take()
      if (message !== undefined) {
        this.#waiters.shift()!.resolve({ value: message, done: false })
        continue
      }
      if (this.#state.kind === 'open') return
      this.#finish(this.#waiters.shift()!)
    }
  }

  #finish(waiter: Waiter<M>): void {
    const { error } = this.#state as Extract<State, { kind: 'ended' }>
    this.#state = { kind: 'ended', error: undefined }
    if (error === undefined) waiter.resolve({ value: undefined, done: true })
    else waiter.reject(error)
  }

  #pause(): void {
    this.#paused = true
    this.#turn.later(() => {
      this.#paused = false
      this.#serve()
    })
  }
}
