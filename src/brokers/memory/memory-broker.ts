import type { MessagePort } from 'node:worker_threads'
import { ByteBudget } from '../../core/byte-budget.js'
import type { BrokerAddress, BrokerContext, BrokerFactory, EmbeddedBroker } from '../embedded-broker.js'
import { Calls } from './calls.js'
import { memoryLimits } from './limits.js'
import { Queues } from './queues.js'
import { Schedule } from './schedule.js'
import { Session } from './session.js'
import { Topics } from './topics.js'

/** Counts of what the broker holds, for tests and inspection. */
export interface MemoryBrokerCounts {
  readonly connections: number
  /** Messages held for subscribers without credit. */
  readonly held: number
  /** Publishes whose acknowledgement waits. */
  readonly blocked: number
  /** Bytes counted in the budget. */
  readonly bytes: number
  readonly retained: number
  readonly subscriptions: number
}

/**
 * A broker in the memory of its thread: topics, queues and calls for the actors of the `memory` protocol. It lives as
 * long as the gateway and stores nothing on disk.
 */
export class MemoryBroker implements EmbeddedBroker {
  readonly #context: BrokerContext
  readonly #budget: ByteBudget
  readonly #schedule: Schedule
  readonly #topics: Topics
  readonly #queues: Queues
  readonly #calls: Calls
  readonly #sessions = new Set<Session>()
  #stopped = false

  /** @throws ConfigError for settings that are not limits of this broker */
  constructor(context: BrokerContext) {
    const limits = memoryLimits(context.config ?? {}, context.memory)
    this.#context = context
    this.#budget = new ByteBudget(limits.bytes)
    this.#schedule = new Schedule(context.clock)
    this.#topics = new Topics(limits, context.clock, this.#budget)
    this.#queues = new Queues(limits, this.#schedule, this.#budget, context.random.uuid().slice(0, 8))
    this.#calls = new Calls(limits, context.clock, this.#budget)
  }

  get counts(): MemoryBrokerCounts {
    const holding = [...this.#sessions].map((session) => session.holding)
    return {
      connections: this.#sessions.size,
      held: holding.reduce((sum, { held }) => sum + held, 0),
      blocked: holding.reduce((sum, { blocked }) => sum + blocked, 0),
      bytes: this.#budget.held,
      retained: this.#topics.retained.messages,
      subscriptions: this.#topics.targets.size,
    }
  }

  /** Number of unsettled messages of a queue: waiting, delayed and delivered. */
  queued(queue: string): number {
    return this.#queues.messages(queue)
  }

  async start(signal: AbortSignal): Promise<BrokerAddress> {
    signal.throwIfAborted()
    return {}
  }

  attach(port: MessagePort): void {
    if (this.#stopped) {
      port.close()
      return
    }
    const shared = { topics: this.#topics, queues: this.#queues, calls: this.#calls }
    const onViolation = (reason: string) =>
      this.#context.log({
        level: 'warn',
        message: `memory broker: closed a connection: ${reason}`,
        integration: this.#context.name,
      })
    this.#sessions.add(new Session(port, shared, onViolation, (ended) => this.#sessions.delete(ended)))
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    for (const session of [...this.#sessions]) session.end()
    this.#schedule.stop()
    this.#calls.stop()
  }

  async ping(): Promise<void> {}
}

/** Creates a memory broker. */
export const createMemoryBroker: BrokerFactory = (context) => new MemoryBroker(context)
