import type {
  BreakerSettings,
  HealthCheckSettings,
  LimitSettings,
  MailboxSettings,
  ReconnectSettings,
  RetryBudgetSettings,
  RetrySettings,
  SupervisionSettings,
} from '../core/settings.js'

/*
 * What holds where a configuration says nothing. Durations are milliseconds, sizes bytes.
 */

const KB = 1024
const MB = 1024 * KB

/** For one attempt of one operation. */
export const DEFAULT_TIMEOUT_MS = 30_000

/** The delays of an exponential back-off, between retries and between restarts alike. */
export const DEFAULT_BACKOFF = { kind: 'exponential', initialMs: 100, factor: 2, maxMs: 10_000 } as const

/** The longest delay between restarts, in first delays: `backoff = "1ms"` never waits longer than 100 ms. */
export const LONGEST_BACKOFF = 100

/** By how much each delay of a linear back-off is longer than the one before. */
export const DEFAULT_INCREMENT_MS = 100

/** Without a `retry` block nothing is retried: only the application knows what may be done twice. */
export const DEFAULT_RETRY: RetrySettings = {
  maxAttempts: 1,
  backoff: DEFAULT_BACKOFF,
  jitter: 0.2,
  retryableErrors: [],
}

/** Attempts in all where a `retry` block names no number. */
export const DEFAULT_RETRY_ATTEMPTS = 3

/** For a `retry` block without a budget: enough for a passing fault, too little to double the load of a dead service. */
export const DEFAULT_RETRY_BUDGET: RetryBudgetSettings = { share: 0.2, minPerSecond: 10 }

/** What `rate_limit { requests }` counts in. */
export const DEFAULT_RATE_PERIOD_MS = 1_000

/** How many requests wait where `bulkhead { concurrent }` names no number. */
export const DEFAULT_BULKHEAD_QUEUE = 100

/** How often addresses are looked for again. */
export const DEFAULT_DISCOVERY_INTERVAL_MS = 30_000

/** For how long an address that could not be reached is left out. */
export const DEFAULT_EJECT_MS = 10_000

export const DEFAULT_BREAKER: BreakerSettings = {
  failureThreshold: 5,
  successThreshold: 2,
  timeoutMs: 30_000,
}

/** Off unless there is a `health_check` block, which switches it on. */
export const DEFAULT_HEALTH_CHECK: HealthCheckSettings = {
  enabled: false,
  intervalMs: 30_000,
  timeoutMs: 5_000,
}

export const DEFAULT_RECONNECT: ReconnectSettings = {
  enabled: true,
  maxAttempts: -1,
  delayMs: 1_000,
  maxDelayMs: 60_000,
  offline: 'wait',
}

export const DEFAULT_MAILBOX: MailboxSettings = { messages: 10_000, bytes: 64 * MB, overflow: 'block' }

export const DEFAULT_LIMITS: LimitSettings = { memory: 512 * MB, frame: 16 * MB }

/** A mark below what an idle actor takes would replace it for ever. */
export const LEAST_MEMORY = 16 * MB

/** A frame has to hold at least a handshake. */
export const LEAST_FRAME = KB

/** The longest silence of an actor before it counts as stuck. */
export const DEFAULT_HEARTBEAT_MS = 1_000

/** More patient than OTP: what has given up stays down until somebody acts. */
export const DEFAULT_SUPERVISION: SupervisionSettings = {
  restart: 'permanent',
  maxRestarts: 10,
  withinMs: 60_000,
  backoff: DEFAULT_BACKOFF,
  jitter: 0.2,
  shutdownMs: 5_000,
  poisonThreshold: 3,
  warmSpares: 0,
}

export const DEFAULT_GROUP = { strategy: 'one_for_one', maxRestarts: 10, withinMs: 60_000 } as const
