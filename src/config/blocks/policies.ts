import type { ErrorClass } from '../../core/errors.js'
import type {
  Backoff,
  BreakerSettings,
  BulkheadSettings,
  HealthCheckSettings,
  RateLimitSettings,
  ReconnectSettings,
  RetryBudgetSettings,
  RetrySettings,
} from '../../core/settings.js'
import {
  DEFAULT_BACKOFF,
  DEFAULT_BREAKER,
  DEFAULT_BULKHEAD_QUEUE,
  DEFAULT_HEALTH_CHECK,
  DEFAULT_INCREMENT_MS,
  DEFAULT_RATE_PERIOD_MS,
  DEFAULT_RECONNECT,
  DEFAULT_RETRY,
  DEFAULT_RETRY_ATTEMPTS,
  DEFAULT_RETRY_BUDGET,
} from '../defaults.js'
import { boolean, duration, integer, list, number, oneOf, text } from '../kinds.js'
import type {
  BulkheadBlock,
  CircuitBreakerBlock,
  HealthCheckBlock,
  RateLimitBlock,
  ReconnectBlock,
  RetryBlock,
  RetryBudgetBlock,
} from '../options.js'
import type { Section } from '../section.js'

const ERROR_CLASSES: readonly ErrorClass[] = [
  'timeout',
  'connection-reset',
  'service-unavailable',
  'rate-limited',
]

/** One request in a thousand periods; less is not a rate. */
const LEAST_RATE = 0.001

/** The `retry` block; without one nothing is retried. */
export function readRetry(section: Section<RetryBlock> | undefined): RetrySettings {
  if (section === undefined) return DEFAULT_RETRY
  const maxAttempts = section.value('max_attempts', integer(1, 1_000)) ?? DEFAULT_RETRY_ATTEMPTS
  const backoff = readBackoff(section)
  const jitter = section.value('jitter', number(0, 1)) ?? DEFAULT_RETRY.jitter
  const retryableErrors = section.value('retryable_errors', list(oneOf(ERROR_CLASSES))) ?? []
  const budget = readRetryBudget(section)
  section.done()
  return { maxAttempts, backoff, jitter, retryableErrors, ...(budget !== undefined && { budget }) }
}

function readRetryBudget(retry: Section<RetryBlock>): RetryBudgetSettings | undefined {
  const node = retry.node('budget')
  if (node === undefined) return DEFAULT_RETRY_BUDGET
  if (node.content.kind !== 'map') {
    const on = retry.value('budget', (at, complain) =>
      boolean(at, () => complain(at, 'true, false or a block with share and min_per_second')),
    )
    return on === false ? undefined : DEFAULT_RETRY_BUDGET
  }
  const section = retry.section('budget') as unknown as Section<RetryBudgetBlock>
  const share = section.value('share', number(0, 10)) ?? DEFAULT_RETRY_BUDGET.share
  const minPerSecond = section.value('min_per_second', number(0)) ?? DEFAULT_RETRY_BUDGET.minPerSecond
  section.done()
  return { share, minPerSecond }
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

/** The `rate_limit` block; without one there is no limit. */
export function readRateLimit(section: Section<RateLimitBlock> | undefined): RateLimitSettings | undefined {
  if (section === undefined) return undefined
  const requests = section.required('requests', number(LEAST_RATE)) ?? 1
  const perMs = section.value('per', duration()) ?? DEFAULT_RATE_PERIOD_MS
  const burst = section.value('burst', integer(1)) ?? Math.max(1, Math.floor(requests))
  const excess = section.value('excess', oneOf(['wait', 'fail'])) ?? 'wait'
  section.done()
  return { requests, perMs, burst, excess }
}

/** The `bulkhead` block; without one any number of requests may be under way. */
export function readBulkhead(section: Section<BulkheadBlock> | undefined): BulkheadSettings | undefined {
  if (section === undefined) return undefined
  const concurrent = section.required('concurrent', integer(1)) ?? 1
  const queue = section.value('queue', integer(0)) ?? DEFAULT_BULKHEAD_QUEUE
  section.done()
  return { concurrent, queue }
}
