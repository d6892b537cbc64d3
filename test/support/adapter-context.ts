import type { AdapterContext, OperationContext } from '../../src/core/adapter.js'
import { systemClock } from '../../src/core/clock.js'
import type { ConnectionError } from '../../src/core/errors.js'
import type { AdapterManifest } from '../../src/core/manifest.js'
import type { IntegrationSettings } from '../../src/core/settings.js'
import { silentLogger } from '../../src/core/telemetry.js'

/** An adapter's context that remembers what the adapter said. */
export interface FakeContext extends AdapterContext {
  readonly lost: ConnectionError[]
}

/** The settings of an integration named `it`, its config completed by the schema of the manifest. */
export function settingsFor(
  manifest: AdapterManifest,
  settings: Partial<IntegrationSettings> & Pick<IntegrationSettings, 'endpoint'>,
): IntegrationSettings {
  return {
    name: 'it',
    type: manifest.type,
    auth: { type: 'none' },
    format: manifest.defaultFormat,
    timeoutMs: 5000,
    retry: { maxAttempts: 1, backoff: { kind: 'constant', initialMs: 10 }, jitter: 0, retryableErrors: [] },
    circuitBreaker: { failureThreshold: 5, successThreshold: 1, timeoutMs: 1000 },
    healthCheck: { enabled: false, intervalMs: 1000, timeoutMs: 1000 },
    reconnect: { enabled: true, maxAttempts: -1, delayMs: 10, maxDelayMs: 100, offline: 'wait' },
    mailbox: { messages: 1000, bytes: 1e7, overflow: 'block' },
    limits: { memory: 1e9, frame: 16 * 1024 * 1024 },
    heartbeatMs: 1000,
    ...settings,
    config: manifest.config.parse(settings.config ?? {}) as IntegrationSettings['config'],
  }
}

/** The context of an adapter outside an actor, on the machine's clock. */
export function fakeContext(settings: IntegrationSettings): FakeContext {
  const lost: ConnectionError[] = []
  return {
    settings,
    clock: systemClock,
    log: silentLogger,
    clientId: `test-${settings.name}`,
    lost,
    connectionLost: (error) => void lost.push(error),
    dial: () => Promise.reject(new Error('there is no embedded broker here')),
  }
}

/** An attempt that is given up when `signal` aborts, by default never. May serve any number of attempts. */
export function operation(signal?: AbortSignal): OperationContext {
  return {
    deadline: Number.POSITIVE_INFINITY,
    get signal() {
      return signal ?? new AbortController().signal
    },
  }
}
