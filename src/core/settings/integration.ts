import type { AnnounceSettings, DiscoverySettings } from '../discovery.js'
import type { Value } from '../value.js'
import type { AuthSettings } from './auth.js'
import type { AuthenticationSettings } from './authentication.js'
import type { BreakerSettings } from './breaker.js'
import type { Fault } from './chaos.js'
import type { HealthCheckSettings, ReconnectSettings } from './connection.js'
import type { Endpoint } from './endpoint.js'
import type { BulkheadSettings, LimitSettings, MailboxSettings, RateLimitSettings } from './limits.js'
import type { ListenSettings } from './listen.js'
import type { ProtobufSettings } from './protobuf.js'
import type { RetrySettings } from './retry.js'

/** The settings of an actor. Plain data, because they cross to the actor's thread. */
export interface IntegrationSettings {
  /** The label of its block. */
  readonly name: string
  /** The protocol. */
  readonly type: string
  /** Where the service is; without addresses where they are discovered, or not needed. */
  readonly endpoint: Endpoint
  /** How addresses are discovered. If absent, those of the endpoint are used. */
  readonly discovery?: DiscoverySettings
  /** Where a server listens; absent for an integration. */
  readonly listen?: ListenSettings
  /** Where a `server` block announces its address. */
  readonly announce?: AnnounceSettings
  /** The `config` block, checked and completed with defaults by the schema of the adapter's manifest. */
  readonly config: { readonly [key: string]: Value }
  /** How it authenticates itself. */
  readonly auth: AuthSettings
  /** How a server authenticates its callers; absent if it has no rules for them. */
  readonly authentication?: AuthenticationSettings
  /** Name of the wire format. */
  readonly format: string
  /** Name of the wire format of payloads between host, actor and adapter, if only the adapter can read `format`. */
  readonly payloadFormat?: string
  /** The messages of the format `protobuf`. */
  readonly protobuf?: ProtobufSettings
  /** The time-out of one attempt. */
  readonly timeoutMs: number
  /** How the actor retries failed operations. */
  readonly retry: RetrySettings
  /** When the circuit breaker opens and closes. */
  readonly circuitBreaker: BreakerSettings
  /** How the connection is probed. */
  readonly healthCheck: HealthCheckSettings
  /** How the actor restores a lost connection. */
  readonly reconnect: ReconnectSettings
  /** Limits how many requests may be made in a period. Unlimited if absent. */
  readonly rateLimit?: RateLimitSettings
  /** Limits how many requests may be in flight. Unlimited if absent. */
  readonly bulkhead?: BulkheadSettings
  /** The bounds of the mailbox between the host thread and the actor. */
  readonly mailbox: MailboxSettings
  /** Resource limits of the actor. */
  readonly limits: LimitSettings
  /** The longest time between two heartbeats, in milliseconds; after that the supervisor replaces the actor. */
  readonly heartbeatMs: number
  /** A fault that the actor injects into itself, and its interval in milliseconds. */
  readonly chaos?: { readonly fault: Fault; readonly everyMs: number }
}

/**
 * The default time-out of an operation, in milliseconds: the sum of all attempts and the longest delays between them.
 */
export function operationBudgetMs(settings: Pick<IntegrationSettings, 'timeoutMs' | 'retry'>): number {
  const { maxAttempts, backoff } = settings.retry
  const longestDelay = backoff.kind === 'constant' ? backoff.initialMs : backoff.maxMs
  return maxAttempts * settings.timeoutMs + (maxAttempts - 1) * longestDelay
}
