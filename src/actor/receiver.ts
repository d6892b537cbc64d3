import { sharedController } from '../core/abort.js'
import type { Attempt } from '../core/adapter/attempt.js'
import type { MessageSink } from '../core/adapter/inbound.js'
import type { AdapterConsumer, InboundDelivery, QueueFacet } from '../core/adapter/queue-facet.js'
import type { Clock, Timer } from '../core/clock.js'
import { Deque } from '../core/deque.js'
import { ConnectionError } from '../core/errors/connection.js'
import type { ReceivedMessage } from '../mailbox/protocol.js'
import { withDeadline } from '../resilience/deadline.js'
import { AttemptSink } from './attempt-sink.js'
import { queueExtras } from './queue-extras.js'
import { quietly } from './quietly.js'
import { returnUnseen, type UnsettledDeliveries } from './unsettled.js'

/** How long a receiver without callers stays open, so that a caller that receives in a loop finds it open. */
const IDLE_MS = 1_000
/** The least time that a caller that does not wait allows the broker, in milliseconds. */
const NO_WAIT_MS = 50

/** A `receive` that waits for a message. */
interface Caller {
  readonly resolve: (message: ReceivedMessage | undefined) => void
  readonly reject: (error: Error) => void
  state: 'waiting' | 'over'
}

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'opening'; readonly done: Promise<void>; readonly abort: AbortController }
  | { readonly kind: 'open'; readonly consumer: AdapterConsumer; readonly openedInMs: number }

/** The callbacks of a receiver. */
export interface ReceiverEvents {
  /** The last caller has ended. */
  idle(): void
  /** A caller has arrived. */
  busy(): void
  /** The receiver has closed its consumer. The next `receive` opens another. */
  closed(): void
}

/**
 * Takes single messages from one queue on demand. Gives a message without a caller back uncounted, and closes its
 * consumer after `IDLE_MS` without a caller.
 */
export class Receiver implements MessageSink<InboundDelivery> {
  readonly #queue: string
  readonly #facet: QueueFacet
  readonly #unsettled: UnsettledDeliveries
  readonly #clock: Clock
  readonly #events: ReceiverEvents
  readonly #timeoutMs: number
  #callers = new Deque<Caller>()
  #waiting = 0
  #state: State = { kind: 'closed' }
  /** Calls in flight, including those that wait for the consumer to open. */
  #inProgress = 0
  /** Messages requested from the broker and not delivered. */
  #demand = 0
  #idleTimer: Timer | undefined
  #sink: AttemptSink<InboundDelivery> | undefined

  constructor(
    queue: string,
    facet: QueueFacet,
    unsettled: UnsettledDeliveries,
    clock: Clock,
    timeoutMs: number,
    events: ReceiverEvents,
  ) {
    this.#queue = queue
    this.#facet = facet
    this.#unsettled = unsettled
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#events = events
  }

  /**
   * Waits for one message.
   * @param noWait true to return a message only if one is available now
   * @returns `undefined` if there was none until the attempt ended
   * @throws DequeueError, ConnectionError
   */
  async receive(attempt: Attempt, noWait: boolean): Promise<ReceivedMessage | undefined> {
    this.#idleTimer?.cancel()
    this.#events.busy()
    this.#inProgress++
    try {
      // The first caller opens the consumer. If that fails, this caller gets the error and the next one tries.
      while (this.#state.kind !== 'open') {
        if (attempt.signal.aborted) return undefined
        if (this.#state.kind === 'opening')
          await unlessAborted(this.#state.done.catch(nothing), attempt.signal)
        else await unlessAborted(this.#open(), attempt.signal)
      }
      return await this.#next(attempt, noWait ? Math.max(NO_WAIT_MS, 2 * this.#state.openedInMs) : undefined)
    } finally {
      if (--this.#inProgress === 0) this.#becomeIdle()
    }
  }

  disconnected(): void {
    this.#lose(new ConnectionError('the connection was lost'))
  }

  /** Closes the consumer, which gives back what it has prefetched. Never rejects. */
  async close(): Promise<void> {
    const state = this.#state
    this.#lose(new ConnectionError('the receiver was closed'))
    this.#events.closed()
    if (state.kind === 'open') await quietly(() => state.consumer.close())
  }

  #next(attempt: Attempt, ms: number | undefined): Promise<ReceivedMessage | undefined> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        if (caller.state === 'over') return
        caller.state = 'over'
        this.#waiting--
        timer?.cancel()
        attempt.signal.removeEventListener('abort', giveUp)
        settle()
      }
      const caller: Caller = {
        resolve: (message) => end(() => resolve(message)),
        reject: (error) => end(() => reject(error)),
        state: 'waiting',
      }
      const giveUp = () => {
        caller.resolve(undefined)
        this.#forgetOver()
      }
      const timer = ms === undefined ? undefined : this.#clock.setTimer(ms, giveUp, { background: true })
      this.#callers.push(caller)
      this.#waiting++
      if (attempt.signal.aborted) return giveUp()
      attempt.signal.addEventListener('abort', giveUp, { once: true })
      this.#ask()
    })
  }

  /** Removes callers that no longer wait, so that they do not accumulate in a queue without messages. */
  #forgetOver(): void {
    if (this.#callers.size <= 2 * this.#waiting + 16) return
    const waiting = new Deque<Caller>()
    for (const caller of this.#callers) if (caller.state === 'waiting') waiting.push(caller)
    this.#callers = waiting
  }

  #ask(): void {
    const missing = this.#waiting - this.#demand
    if (missing <= 0 || this.#state.kind !== 'open') return
    this.#demand += missing
    this.#state.consumer.request(missing)
  }

  /** Opens the consumer with the time-out of the integration, because that of the first caller may be too short. */
  #open(): Promise<void> {
    const abort = sharedController()
    const startedAt = this.#clock.monotonic()
    const sink = new AttemptSink(this.#queue, this, returnUnseen)
    const opening = async () => {
      try {
        const consumer = await withDeadline(
          (attempt) => sink.open(attempt, () => this.#facet.consume(this.#queue, sink, attempt)),
          {
            clock: this.#clock,
            deadline: startedAt + this.#timeoutMs,
            operation: `consume ${this.#queue}`,
            signal: abort.signal,
          },
        )
        if (this.#state !== state) return void quietly(() => consumer.close())
        this.#state = { kind: 'open', consumer, openedInMs: this.#clock.monotonic() - startedAt }
      } catch (error) {
        if (this.#state === state) this.#state = { kind: 'closed' }
        throw error
      }
    }
    this.#sink = sink
    this.#demand = 0
    const done = Promise.resolve().then(opening)
    const state: State = { kind: 'opening', done, abort }
    this.#state = state
    // The rejection must not count as unhandled if all callers have stopped waiting.
    done.catch(nothing)
    return done
  }

  deliver(delivery: InboundDelivery): boolean {
    this.#demand = Math.max(0, this.#demand - 1)
    const caller = this.#nextCaller()
    if (caller === undefined) {
      returnUnseen(delivery)
      return true
    }
    const token = this.#unsettled.take(delivery, { queue: this.#queue })
    if (token === undefined) {
      // The message was dead-lettered, so the caller waits for the next one.
      this.#callers.unshift(caller)
      this.#ask()
    } else
      caller.resolve({ topic: delivery.topic, bytes: delivery.payload, extras: queueExtras(delivery, token) })
    return true
  }

  /** Does nothing: the broker of a queue keeps messages until they are settled. */
  lost(): void {}

  end(error: Error): void {
    this.#lose(error)
  }

  #lose(error: Error): void {
    this.#idleTimer?.cancel()
    const state = this.#state
    this.#state = { kind: 'closed' }
    this.#sink?.retire()
    if (state.kind === 'opening') state.abort.abort(error)
    this.#demand = 0
    for (let caller = this.#nextCaller(); caller !== undefined; caller = this.#nextCaller())
      caller.reject(error)
  }

  #nextCaller(): Caller | undefined {
    for (let caller = this.#callers.shift(); caller !== undefined; caller = this.#callers.shift())
      if (caller.state === 'waiting') return caller
    return undefined
  }

  #becomeIdle(): void {
    this.#events.idle()
    this.#idleTimer?.cancel()
    this.#idleTimer = this.#clock.setTimer(IDLE_MS, () => void this.close(), { background: true })
  }
}

/** Resolves when the work has ended or the signal aborts. @throws what the work throws before that */
function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = () => resolve()
    signal.addEventListener('abort', give, { once: true })
    work.then(give, reject).finally(() => signal.removeEventListener('abort', give))
  })
}

function nothing(): void {}
