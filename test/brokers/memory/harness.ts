import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { memoryAdapter } from '../../../src/adapters/memory/adapter.js'
import { MemoryBroker } from '../../../src/brokers/memory/memory-broker.js'
import type { Attempt } from '../../../src/core/adapter/attempt.js'
import type { InboundMessage, MessageSink } from '../../../src/core/adapter/inbound.js'
import type { ProtocolAdapter } from '../../../src/core/adapter/protocol-adapter.js'
import type { InboundDelivery } from '../../../src/core/adapter/queue-facet.js'
import type { InboundRequest } from '../../../src/core/adapter/service-facet.js'
import { ByteBudget } from '../../../src/core/byte-budget.js'
import { systemClock } from '../../../src/core/clock.js'
import type { ConnectionError } from '../../../src/core/errors/connection.js'
import { IncomingAnswers } from '../../../src/core/incoming-answers.js'
import { systemRandom } from '../../../src/core/random.js'
import type { IntegrationSettings } from '../../../src/core/settings/integration.js'
import type { LogRecord } from '../../../src/core/telemetry.js'
import type { Value } from '../../../src/core/value.js'

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (payload: Uint8Array): string => new TextDecoder().decode(payload)

/** Waits until `condition` holds; fails loudly when it does not come true. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** An operation with ten seconds to go. */
export function operation(signal: AbortSignal = new AbortController().signal, ms = 10_000): Attempt {
  return { deadline: systemClock.monotonic() + ms, signal }
}

export const settings = (
  config: Record<string, Value> = { broker: 'memory' },
  frame = 16_777_216,
): IntegrationSettings => ({
  name: 'tested',
  type: 'memory',
  endpoint: { addresses: [] },
  config,
  auth: { type: 'none' },
  format: 'json',
  timeoutMs: 10_000,
  retry: { maxAttempts: 1, backoff: { kind: 'constant', initialMs: 0 }, jitter: 0, retryableErrors: [] },
  circuitBreaker: { failureThreshold: 5, successThreshold: 1, timeoutMs: 1_000 },
  healthCheck: { enabled: false, intervalMs: 1_000, timeoutMs: 1_000 },
  reconnect: { enabled: true, maxAttempts: -1, delayMs: 1, maxDelayMs: 1, offline: 'wait' },
  mailbox: { messages: 1_000, bytes: 1_000_000, overflow: 'block' },
  limits: { memory: 1e9, frame },
  heartbeatMs: 1_000,
})

/** An adapter with the port it got, so that a test can kill it. */
export interface Actor {
  readonly adapter: ProtocolAdapter
  readonly lost: ConnectionError[]
  /** What the death of a thread does to its ports. */
  kill(): void
}

/** A broker and the actors that use it, in one thread. */
export class Bench {
  readonly log: LogRecord[] = []
  readonly broker: MemoryBroker
  readonly #actors: Actor[] = []

  constructor(config: Record<string, Value> = {}) {
    const log = (record: LogRecord) => this.log.push(record)
    this.broker = new MemoryBroker({
      name: 'memory',
      listen: {},
      config,
      log,
      clock: systemClock,
      random: systemRandom,
    })
  }

  /** A bare line, for speaking the protocol by hand. */
  line(): MessagePort {
    const { port1, port2 } = new MessageChannel()
    this.broker.attach(port1)
    return port2
  }

  async actor(frame?: number, budget = 1e9): Promise<Actor> {
    const lost: ConnectionError[] = []
    const ports: MessagePort[] = []
    const adapter = memoryAdapter({
      settings: settings(undefined, frame),
      clock: systemClock,
      random: systemRandom,
      log: () => {},
      clientId: 'tested',
      connectionLost: (error) => lost.push(error),
      budget: new ByteBudget(budget),
      answers: new IncomingAnswers(new ByteBudget(budget), systemClock),
      deadLettered: () => {},
      refused: () => {},
      answerBegins: () => {},
      dial: async () => {
        const port = this.line()
        ports.push(port)
        return port
      },
    })
    await adapter.connect(new AbortController().signal)
    const kill = () => {
      for (const port of ports) port.close()
    }
    const actor = { adapter, lost, kill }
    this.#actors.push(actor)
    return actor
  }

  async stop(): Promise<void> {
    for (const { adapter } of this.#actors) await adapter.disconnect()
    await this.broker.stop()
  }
}

/** Keeps what it is given. `room` is its answer. */
export class Sink<M extends InboundMessage> implements MessageSink<M> {
  readonly got: M[] = []
  room = true
  /** Messages that were lost. */
  missed = 0
  deliver(message: M): boolean {
    this.got.push(message)
    return this.room
  }
  lost(count: number): void {
    this.missed += count
  }
  end(error: Error): void {
    throw error
  }
  get texts(): string[] {
    return this.got.map(({ payload }) => text(payload))
  }
}

export const messages = () => new Sink<InboundMessage>()
export const deliveries = () => new Sink<InboundDelivery>()
export const requests = () => new Sink<InboundRequest>()
