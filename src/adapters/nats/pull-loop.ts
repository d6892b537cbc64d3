import type { ByteBudget } from '../../core/byte-budget.js'
import { type Clock, every, type Timer } from '../../core/clock.js'
import { IntegrationError } from '../../core/errors/integration-error.js'
import { DequeueError } from '../../core/errors/queue.js'
import { RoomWait } from '../../core/room-wait.js'
import type { ConsumerBinding } from './bindings.js'
import type { Connection } from './client/connection.js'
import type { HeaderBlock } from './client/headers.js'
import { PullRequests } from './client/pull-requests.js'
import { pullStatus } from './client/pull-status.js'
import { PullRetry } from './pull-retry.js'

export interface PullLoopOptions {
  readonly queue: string
  readonly connection: Connection
  readonly clock: Clock
  readonly budget: ByteBudget
  /** The prefix of the subjects for answers to pull requests. No other consumer uses it. */
  readonly inbox: string
  /** Returns the subject for pull requests to a consumer. */
  pullSubject(binding: ConsumerBinding): string
  /** Finds the stream and the consumer, or creates them again. @throws IntegrationError */
  bind(): Promise<ConsumerBinding>
  /** Acknowledges what the stream no longer has. @returns how many messages. @throws Error */
  settleRemoved(binding: ConsumerBinding): Promise<number>
  /** Reports that the server could not serve a pull request. */
  warn(reason: string): void
}

/** Interval of the check for a silent server, in milliseconds: several heartbeats. */
const SILENCE_MS = 5_000

/** The events of a pull loop. */
export interface PullLoopEvents {
  /** Returns how many messages the consumer can accept now. */
  wanted(): number
  /** Called when the server refuses to serve the consumer. */
  ended(error: Error): void
}

/** Keeps pull requests open at the server for as many messages as the consumer wants. */
export class PullLoop {
  readonly #options: PullLoopOptions
  readonly #events: PullLoopEvents
  readonly #pulls: PullRequests
  readonly #retry: PullRetry
  readonly #roomWait = new RoomWait(() => this.ask())
  #binding: ConsumerBinding
  #scheduled = false
  #heard = false
  /** Whether a pull request was open at the previous check for silence. */
  #wasOpen = false
  /** Whether the server refused the latest pull request. */
  #refused = false
  /** How many requests in a row have ended without a message. */
  #idleEnds = 0
  #watch: Timer | undefined
  #closed = false

  constructor(options: PullLoopOptions, binding: ConsumerBinding, events: PullLoopEvents) {
    this.#options = options
    this.#binding = binding
    this.#events = events
    this.#pulls = new PullRequests(options.connection, options.inbox)
    this.#retry = new PullRetry(options.clock, options.warn)
  }

  /** Whether a pull request is open at the server. */
  get isOpen(): boolean {
    return this.#pulls.asked > 0
  }

  get binding(): ConsumerBinding {
    return this.#binding
  }

  start(): void {
    this.#watch = every(this.#options.clock, SILENCE_MS, () => this.#checkSilence(), {
      background: true,
    })
  }

  /** Requests what is wanted. All demand of one turn of the event loop becomes one pull request. */
  ask(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#pull()
    })
  }

  /** Counts a message that arrived. */
  received(): void {
    this.#heard = true
    this.#refused = false
    this.#idleEnds = 0
    this.#pulls.received()
    this.#retry.succeeded()
    // The consumer's limits may have allowed only a part of the demand in one request.
    if (this.#pulls.asked < this.#events.wanted()) this.ask()
  }

  /** Handles a status message for a pull request. @param subject the subject on which it arrived */
  onStatus(block: HeaderBlock, subject: string): void {
    this.#heard = true
    const status = pullStatus(block)
    if (status === 'alive' || this.#closed) return
    this.#pulls.ended(subject, block.headers?.['Nats-Pending-Messages'])
    if (status === 'ended') {
      this.#retry.succeeded()
      this.#endedIdle()
      return this.ask()
    }
    const reason = `${block.status} ${block.description ?? ''}`.trim()
    if (status === 'busy') return this.#retry.later(reason, () => this.ask())
    if (status === 'refused' && this.#refused) {
      const { queue } = this.#options
      this.#events.ended(new DequeueError(queue, `the server refused two pull requests in a row: ${reason}`))
      return
    }
    // The limits of the consumer may have changed since it was looked up.
    this.#refused = status === 'refused'
    this.#bindAgain(reason)
  }

  close(): void {
    this.#closed = true
    this.#watch?.cancel()
    this.#retry.cancel()
  }

  #pull(): void {
    if (this.#closed || this.#retry.waiting) return
    const { pullSubject, budget } = this.#options
    const missing = this.#events.wanted() - this.#pulls.asked
    // What cannot be requested now becomes a part of the next request.
    if (missing < 1 || this.#pulls.isFull) return
    if (budget.isFull) return this.#roomWait.start(budget)
    this.#pulls.send(pullSubject(this.#binding), missing, this.#binding.limits)
  }

  /** Finds out, ever more rarely, whether the server is blocked or there is no message. */
  #endedIdle(): void {
    const count = ++this.#idleEnds
    if ((count & (count - 1)) !== 0) return
    const { settleRemoved, warn } = this.#options
    settleRemoved(this.#binding).then(
      (settled) => {
        if (settled === 0 || this.#closed) return
        warn(`the server waited for ${settled} messages that its stream no longer has; they are settled now`)
        // The server looks for messages when the next request arrives.
        this.#pulls.clear()
        this.ask()
      },
      // What the server does not tell, perhaps for lack of a permission, changes nothing.
      () => {},
    )
  }

  #bindAgain(reason: string): void {
    this.#pulls.clear()
    this.#retry.later(reason, () => {
      this.#options.bind().then(
        (binding) => {
          this.#binding = binding
          this.ask()
        },
        (error: unknown) => {
          if (this.#closed) return
          if (error instanceof IntegrationError && error.retryable) this.#bindAgain(error.message)
          else this.#events.ended(error as Error)
        },
      )
    })
  }

  /**
   * Binds again if the server is silent while a pull request is open. JetStream does not answer a request for a
   * consumer that no longer exists.
   */
  #checkSilence(): void {
    const silent = !this.#heard && this.#wasOpen && this.isOpen
    this.#heard = false
    this.#wasOpen = this.isOpen
    if (!silent || this.#retry.waiting) return
    this.#bindAgain('the server does not answer the pull request')
  }
}
