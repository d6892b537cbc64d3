import { Deque } from '../core/deque.js'
import { ShutdownError } from '../core/errors.js'
import type { MessageRun } from '../mailbox/message-run.js'
import type { Turn } from '../mailbox/turn.js'

interface Waiter<M> {
  readonly resolve: (result: IteratorResult<M, undefined>) => void
  readonly reject: (error: Error) => void
}

type State = { readonly kind: 'open' } | { readonly kind: 'ended'; readonly error: Error | undefined }

/** So many messages are handed out between two looks at the clock. */
const LOOK_EVERY = 32

/**
 * What waits for a consumer on the host, handed out message by message. However fast messages come and
 * however eager the consumer, a turn of the event loop ends in time.
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
   * @param make makes what the consumer sees of a message.
   * @param finished called with a run when its last message has been consumed: the consumer has asked for the next one.
   */
  constructor(turn: Turn, make: (run: MessageRun, index: number) => M, finished: (run: MessageRun) => void) {
    this.#turn = turn
    this.#make = make
    this.#finished = finished
  }

  /** @returns false when it has ended: nobody will consume it. */
  push(run: MessageRun): boolean {
    if (this.#state.kind === 'ended') return false
    this.#runs.push(run)
    this.#serve()
    return true
  }

  /** The next message; `done` once it has ended and all is consumed. @throws the error it ended with, once */
  next(): Promise<IteratorResult<M, undefined>> {
    if (!this.#paused && this.#waiters.size === 0 && --this.#untilLook > 0) {
      const message = this.#take()
      if (message !== undefined) return Promise.resolve({ value: message, done: false })
    }
    return this.#wait()
  }

  /** Whether messages are here that nobody has taken. */
  get hasMessages(): boolean {
    return this.#runs.size > 0 || (this.#current !== undefined && this.#index < this.#current.count)
  }

  /** Whether no more will come. */
  get hasEnded(): boolean {
    return this.#state.kind === 'ended'
  }

  /** Consumers that wait for a message. */
  get waiting(): number {
    return this.#waiters.size
  }

  /** No more will come; what is here is still handed out, unless `discard`. */
  end(error: Error | undefined, discard = false): void {
    if (this.#state.kind === 'ended') return
    this.#state = { kind: 'ended', error: error instanceof ShutdownError ? undefined : error }
    if (discard) this.discard()
    this.#serve()
  }

  /** Ends it, and gives what nobody has consumed. */
  endNow(): M[] {
    const left: M[] = []
    for (let message = this.#take(); message !== undefined; message = this.#take()) left.push(message)
    this.end(undefined)
    return left
  }

  /** Throws away what nobody has consumed. */
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
