import type { ErrorClass } from '../../core/errors.js'
import type {
  Backoff,
  BreakerSettings,
  HealthCheckSettings,
  ReconnectSettings,
  RetrySettings,
} from '../../core/settings.js'
import {
  DEFAULT_BACKOFF,
  DEFAULT_BREAKER,
  DEFAULT_HEALTH_CHECK,
  DEFAULT_INCREMENT_MS,
  DEFAULT_RECONNECT,
  DEFAULT_RETRY,
  DEFAULT_RETRY_ATTEMPTS,
} from '../defaults.js'
import { boolean, duration, integer, list, number, oneOf, text } from '../kinds.js'
import type { CircuitBreakerBlock, HealthCheckBlock, ReconnectBlock, RetryBlock } from '../options.js'
import type { Section } from '../section.js'

const ERROR_CLASSES: readonly ErrorClass[] = [
  'timeout',
  'connection-reset',
  'service-unavailable',
  'rate-limited',
]

/** The `retry` block; without one nothing is retried. */
export function readRetry(section: Section<RetryBlock> | undefined): RetrySettings {
  if (section === undefined) return DEFAULT_RETRY
  const maxAttempts = section.value('max_attempts', integer(1, 1_000)) ?? DEFAULT_RETRY_ATTEMPTS
  const backoff = readBackoff(section)
  const jitter = section.value('jitter', number(0, 1)) ?? DEFAULT_RETRY.jitter
  const retryableErrors = section.value('retryable_errors', list(oneOf(ERROR_CLASSES))) ?? []
  section.done()
  return { maxAttempts, backoff, jitter, retryableErrors }
}

function readBackoff(section: Section<RetryBlock>): Backoff {
  const kind = section.value('backoff', oneOf(['constant', 'linear', 'exponential'])) ?? 'exponential'
  const initialMs = section.value('initial', duration()) ?? DEFAULT_BACKOFF.initialMs
  const incrementMs = section.value('increment', duration()) ?? DEFAULT_INCREMENT_MS
  const factor = section.value('factor', number(1, 100)) ?? DEFAULT_BACKOFF.factor
  const given = section.value('max', duration())
  if (given !== undefined && given < initialMs && kind !== 'constant')
    section.wrong('max', section.node('max')!, `a duration of at least "initial", which is ${initialMs} ms`)
  const maxMs = given ?? Math.max(DEFAULT_BACKOFF.maxMs, initialMs)
  if (kind === 'constant') return { kind, initialMs }
  return kind === 'linear' ? { kind, initialMs, incrementMs, maxMs } : { kind, initialMs, factor, maxMs }
}

/** The `circuit_breaker` block. */
export function readBreaker(section: Section<CircuitBreakerBlock> | undefined): BreakerSettings {
  if (section === undefined) return DEFAULT_BREAKER
  const failureThreshold = section.value('failure_threshold', integer(1)) ?? DEFAULT_BREAKER.failureThreshold
  const successThreshold = section.value('success_threshold', integer(1)) ?? DEFAULT_BREAKER.successThreshold
  const timeoutMs = section.value('timeout', duration()) ?? DEFAULT_BREAKER.timeoutMs
  section.done()
  return { failureThreshold, successThreshold, timeoutMs }
}

/** The `health_check` block, which is switched on by being there. */
export function readHealthCheck(section: Section<HealthCheckBlock> | undefined): HealthCheckSettings {
  if (section === undefined) return DEFAULT_HEALTH_CHECK
  const enabled = section.value('enabled', boolean) ?? true
  const intervalMs = section.value('interval', duration()) ?? DEFAULT_HEALTH_CHECK.intervalMs
  const timeoutMs = section.value('timeout', duration()) ?? DEFAULT_HEALTH_CHECK.timeoutMs
  const method = section.value('method', text)
  section.done()
  return { enabled, intervalMs, timeoutMs, ...(method !== undefined && { method }) }
}

/** The `reconnect` block. */
export function readReconnect(section: Section<ReconnectBlock> | undefined): ReconnectSettings {
  if (section === undefined) return DEFAULT_RECONNECT
  const enabled = section.value('enabled', boolean) ?? DEFAULT_RECONNECT.enabled
  const maxAttempts = section.value('max_attempts', integer(-1)) ?? DEFAULT_RECONNECT.maxAttempts
  const delayMs = section.value('delay', duration()) ?? DEFAULT_RECONNECT.delayMs
  const given = section.value('max_delay', duration())
  if (given !== undefined && given < delayMs)
    section.wrong(
      'max_delay',
      section.node('max_delay')!,
      `a duration of at least "delay", which is ${delayMs} ms`,
    )
  const maxDelayMs = given ?? Math.max(DEFAULT_RECONNECT.maxDelayMs, delayMs)
  const offline = section.value('offline', oneOf(['wait', 'fail'])) ?? DEFAULT_RECONNECT.offline
  section.done()
  return { enabled, maxAttempts, delayMs, maxDelayMs, offline }
}
