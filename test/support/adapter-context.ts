import type { Attempt } from '../../src/core/adapter/attempt.js'
import type {
  AdapterContext,
  DeadLetterReport,
  RefusalReport,
} from '../../src/core/adapter/protocol-adapter.js'
import { ByteBudget } from '../../src/core/byte-budget.js'
import { type Clock, systemClock } from '../../src/core/clock.js'
import type { ConnectionError } from '../../src/core/errors/connection.js'
import { IncomingAnswers } from '../../src/core/incoming-answers.js'
import type { AdapterManifest } from '../../src/core/manifest.js'
import { systemRandom } from '../../src/core/random.js'
import type { IntegrationSettings } from '../../src/core/settings/integration.js'
import type { LogRecord } from '../../src/core/telemetry.js'

/** An `AdapterContext` that records what the adapter says. */
export interface RecordingContext extends AdapterContext {
  readonly lost: ConnectionError[]
  readonly records: LogRecord[]
  readonly letters: DeadLetterReport[]
  readonly refusals: RefusalReport[]
  /** How often the adapter has said that an answer begins to come in. */
  answersBegun: number
}

/** Complete settings, of which a test names what matters to it. */
export function integrationSettings(given: Partial<IntegrationSettings>): IntegrationSettings {
  return {
    name: 'test',
    type: 'test',
    endpoint: { addresses: ['127.0.0.1'] },
    config: {},
    auth: { type: 'none' },
    format: 'json',
    timeoutMs: 5_000,
    retry: { maxAttempts: 1, backoff: { kind: 'constant', initialMs: 10 }, jitter: 0, retryableErrors: [] },
    circuitBreaker: { failureThreshold: 5, successThreshold: 1, timeoutMs: 1_000 },
    healthCheck: { enabled: false, intervalMs: 1_000, timeoutMs: 1_000 },
    reconnect: { enabled: true, maxAttempts: -1, delayMs: 10, maxDelayMs: 100, offline: 'wait' },
    mailbox: { messages: 1_000, bytes: 1_048_576, overflow: 'block' },
    limits: { memory: 1_073_741_824, frame: 16_777_216 },
    heartbeatMs: 1_000,
    ...given,
  }
}

/** A context for an adapter without an actor around it. */
export function adapterContext(
  given: Partial<IntegrationSettings>,
  clientId = `nemo-test-${process.pid}-${Math.random().toString(36).slice(2)}`,
  clock: Clock = systemClock,
): RecordingContext {
  const lost: ConnectionError[] = []
  const records: LogRecord[] = []
  const letters: DeadLetterReport[] = []
  const refusals: RefusalReport[] = []
  const budget = new ByteBudget(1e9)
  return {
    settings: integrationSettings(given),
    clock,
    random: systemRandom,
    clientId,
    lost,
    records,
    log: (record) => void records.push(record),
    connectionLost: (error) => void lost.push(error),
    budget,
    answers: new IncomingAnswers(budget, clock),
    letters,
    deadLettered: (letter) => void letters.push(letter),
    refusals,
    refused: (refusal) => void refusals.push(refusal),
    answersBegun: 0,
    answerBegins() {
      this.answersBegun++
    },
    dial: (broker) => Promise.reject(new Error(`there is no broker ${broker} in this test`)),
  }
}

/** The context of one operation that has `ms` to finish. */
export function within(ms = 5_000): Attempt {
  return { deadline: systemClock.monotonic() + ms, signal: AbortSignal.timeout(ms) }
}

/** Waits until `condition` holds. @throws Error naming `what` when it does not within `ms` */
export async function until(condition: () => boolean, what: string, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; !condition(); ) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The settings of an integration, its config completed by the schema of the manifest. */
export function settingsFor(
  manifest: AdapterManifest,
  given: Partial<IntegrationSettings> & Pick<IntegrationSettings, 'endpoint'>,
): IntegrationSettings {
  return integrationSettings({
    type: manifest.type,
    format: manifest.defaultFormat,
    ...given,
    config: manifest.config.parse(given.config ?? {}) as IntegrationSettings['config'],
  })
}

/** An attempt that is given up when `signal` aborts, by default never. May serve any number of attempts. */
export function operation(signal?: AbortSignal): Attempt {
  return {
    deadline: Number.POSITIVE_INFINITY,
    get signal() {
      return signal ?? new AbortController().signal
    },
  }
}
