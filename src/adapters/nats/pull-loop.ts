import type { ByteBudget } from '../../core/byte-budget.js'
import { type Clock, every, type Timer } from '../../core/clock.js'
import { DequeueError, IntegrationError } from '../../core/errors.js'
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
  /** Where the answers to pull requests go: a subject that no other consumer has. */
  readonly inbox: string
  /** Where pull requests for that consumer go. */
  pullSubject(binding: ConsumerBinding): string
  /** The stream and the consumer, created again if they are gone. @throws IntegrationError */
  bind(): Promise<ConsumerBinding>
  /** The server could not serve a pull request. */
  warn(reason: string): void
}

/** Several heartbeats. */
const SILENCE_MS = 5_000

/** What a loop reports to its consumer. */
export interface PullLoopEvents {
  /** How many more messages the consumer can take at present. */
  wanted(): number
  /** The server will not serve it. */
  ended(error: Error): void
}

/** Keeps the server asked for as many messages as its consumer wants. */
export class PullLoop {
  readonly #options: PullLoopOptions
  readonly #events: PullLoopEvents
  readonly #pulls: PullRequests
  readonly #retry: PullRetry
  #binding: ConsumerBinding
  #scheduled = false
  #waitsForRoom = false
  #heard = false
  /** Whether a pull request was open when silence was looked for last. */
  #wasOpen = false
  /** The server has refused the latest pull request. */
  #refused = false
  #watch: Timer | undefined
  #closed = false

  constructor(options: PullLoopOptions, binding: ConsumerBinding, events: PullLoopEvents) {
    this.#options = options
    this.#binding = binding
    this.#events = events
    this.#pulls = new PullRequests(options.connection, options.inbox)
    this.#retry = new PullRetry(options.clock, options.warn)
  }

  /** Whether the server has pull requests that are not served. */
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

  /** Asks for what is wanted. All demand of one turn of the event loop becomes one pull request. */
  ask(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#pull()
    })
  }

  /** A message has come. */
  brought(): void {
    this.#heard = true
    this.#refused = false
    this.#pulls.brought()
    this.#retry.succeeded()
    // The limits of the consumer may allow only a part of what is wanted in one request.
    if (this.#pulls.asked < this.#events.wanted()) this.ask()
  }

  /** The server reports on a pull request. @param subject where the status came to */
  onStatus(block: HeaderBlock, subject: string): void {
    this.#heard = true
    const status = pullStatus(block)
    if (status === 'alive' || this.#closed) return
    this.#pulls.ended(subject, block.headers?.['Nats-Pending-Messages'])
    if (status === 'ended') {
      this.#retry.succeeded()
      return this.ask()
    }
    const reason = `${block.status} ${block.description ?? ''}`.trim()
    if (status === 'busy') return this.#retry.later(reason, () => this.ask())
    if (status === 'refused' && this.#refused) {
      const { queue } = this.#options
      this.#events.ended(new DequeueError(queue, `the server refuses pull requests: ${reason}`))
      return
    }
    // The limits of the consumer may have changed since it was bound.
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
    if (missing < 1) return
    if (budget.isFull) return this.#askWhenThereIsRoom()
    this.#pulls.send(pullSubject(this.#binding), missing, this.#binding.limits)
  }

  #askWhenThereIsRoom(): void {
    if (this.#waitsForRoom) return
    this.#waitsForRoom = true
    this.#options.budget.whenRoom(() => {
      this.#waitsForRoom = false
      this.ask()
    })
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
   * A pull request of which nothing is heard was lost with its server, or the consumer is gone: JetStream does not
   * answer a request for a consumer that is not there.
   */
  #checkSilence(): void {
    const silent = !this.#heard && this.#wasOpen && this.isOpen
    this.#heard = false
    this.#wasOpen = this.isOpen
    if (!silent || this.#retry.waiting) return
    this.#bindAgain('the server says nothing of the pull request')
  }
}
