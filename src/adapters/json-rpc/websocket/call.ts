import type { Attempt, RpcOutcome } from '../../../core/adapter.js'
import type { Timer } from '../../../core/clock.js'
import { TimeoutError } from '../../../core/errors.js'
import type { Value } from '../../../core/value.js'
import type { SignalWatch, Watched } from '../signal-watch.js'

/** A request as it is written; its id is given when it is sent. */
export type Message = { id?: Value; readonly [member: string]: Value }

/** How much later than the deadline a call is ended that nobody has ended: whoever made it goes first, in milliseconds. */
const SLACK_MS = 100

/** A call that was not sent is ended this much before the core would end it, who cannot tell. */
const EARLY_MS = 5

/** A call that waits for its answer. Settles once; what comes afterwards is ignored. */
export class Call implements Watched {
  readonly method: string
  readonly message: Message
  /** 0 until it is sent. */
  id = 0
  /** Bytes of the message that it was sent in. */
  frameBytes = 0
  /** The calls that were sent in the same message, itself included. */
  companions: readonly Call[] = []
  readonly #watch: SignalWatch
  readonly #number: number
  readonly #operation: Attempt
  readonly #deadline: number
  readonly #onSettled: (outcome: RpcOutcome, call: Call) => void
  #signal: AbortSignal | undefined
  #timer: Timer | undefined
  #settled = false

  /** @param onSettled called at once when the answer is read, before anything else that came with it */
  constructor(
    method: string,
    message: Message,
    operation: Attempt,
    watch: SignalWatch,
    onSettled: (outcome: RpcOutcome, call: Call) => void,
  ) {
    this.method = method
    this.message = message
    this.#operation = operation
    this.#deadline = operation.deadline
    this.#watch = watch
    this.#onSettled = onSettled
    this.#number = watch.add(this)
  }

  /** Names the operation in all its attempts; absent for what the actor does on its own account. */
  get operationId(): string | undefined {
    return this.#operation.operationId
  }

  get isSettled(): boolean {
    return this.#settled
  }

  settle(outcome: RpcOutcome): void {
    if (this.#settled) return
    this.#settled = true
    this.#timer?.cancel()
    if (this.#signal === undefined) this.#watch.delete(this.#number)
    else this.#signal.removeEventListener('abort', this)
    this.#onSettled(outcome, this)
  }

  fail(error: unknown): void {
    this.settle({ ok: false, error: error as Error })
  }

  listen(): void {
    const { clock } = this.#watch
    this.#signal = this.#operation.signal
    const left = this.#deadline - clock.monotonic()
    if (this.#signal.aborted) return this.handleEvent()
    this.#signal.addEventListener('abort', this, { once: true })
    // An attempt that was given up before its signal was asked for may have one that never fires.
    if (left < Number.POSITIVE_INFINITY) this.#timeOutIn(left)
  }

  /** The signal fired. */
  handleEvent(): void {
    this.fail(this.#signal!.reason)
  }

  #timeOutIn(left: number): void {
    const { clock } = this.#watch
    const isSent = this.id !== 0
    this.#timer = clock.setTimer(
      isSent ? left + SLACK_MS : left - EARLY_MS,
      () => {
        if (!isSent && this.id !== 0) return this.#timeOutIn(this.#deadline - clock.monotonic())
        this.fail(new TimeoutError(`call ${this.method}`, this.id === 0 ? { notExecuted: true } : {}))
      },
      { background: true },
    )
  }
}
