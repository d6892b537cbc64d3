import type { Attempt } from '../../../core/adapter/attempt.js'
import type { RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import type { Timer } from '../../../core/clock.js'
import { TimeoutError } from '../../../core/errors/operation.js'
import type { Value } from '../../../core/value.js'
import type { SignalWatch, Watched } from '../signal-watch.js'

/** A request to be written; its id is set when it is sent. */
export type Message = { id?: Value; readonly [member: string]: Value }

/**
 * The core ends a call at its deadline. The session ends it only this many milliseconds later, in case the core has
 * not.
 */
const SLACK_MS = 100

/**
 * An unsent call ends this many milliseconds before its deadline: only the session, not the core, can tell that it
 * was not sent.
 */
const EARLY_MS = 5

/** A call that waits for its answer. Settles once; later events are ignored. */
export class Call implements Watched {
  readonly method: string
  readonly message: Message
  /** Request id; 0 until the call is sent. */
  id = 0
  /** Size of the message that carried the call, in bytes. */
  frameBytes = 0
  /** The calls sent in the same message, including this one. */
  companions: readonly Call[] = []
  readonly #watch: SignalWatch
  readonly #number: number
  readonly #operation: Attempt
  readonly #deadline: number
  readonly #onSettled: (outcome: RpcOutcome, call: Call) => void
  #signal: AbortSignal | undefined
  #timer: Timer | undefined
  #settled = false

  /** @param onSettled called as soon as the answer is read, before later messages are */
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

  /** Id of the operation, the same in all its attempts; absent for the actor's own calls. */
  get operationId(): string | undefined {
    return this.#operation.operationId
  }

  get isSettled(): boolean {
    return this.#settled
  }

  /** Reports the size of the answer on the wire. */
  answered(bytes: number): void {
    this.#operation.answered?.(bytes)
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
    // A signal first read after the attempt ended may never fire, so that the deadline needs a timer as well.
    if (left < Number.POSITIVE_INFINITY) this.#timeOutIn(left)
  }

  /** Handles the `abort` event of the signal. */
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
