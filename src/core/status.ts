import type { ErrorKind } from './errors/kinds.js'

/** The state of the connection of an integration. */
export type ConnectionStatus =
  | { readonly state: 'disconnected' }
  | { readonly state: 'connecting' }
  | { readonly state: 'connected' }
  | { readonly state: 'reconnecting'; readonly attempt: number }
  | { readonly state: 'failed'; readonly reason: string }

/** The state of the connection of an integration. */
export type ConnectionState = ConnectionStatus['state']

/** The index of each state is its number in shared memory. Add new ones at the end only. */
export const CONNECTION_STATES = [
  'disconnected',
  'connecting',
  'connected',
  'reconnecting',
  'failed',
] as const

/** The address that a server listens at, with the port that was chosen if the configuration says 0. */
export interface ListenAddress {
  /** A host name or IP address. */
  readonly address: string
  /** A TCP port, from 1 to 65535. */
  readonly port: number
}

/** The state of the circuit breaker of an integration. */
export type BreakerState = 'closed' | 'open' | 'half-open'

/** The index of each state is its number in shared memory. Add new ones at the end only. */
export const BREAKER_STATES = ['closed', 'open', 'half-open'] as const

/** A snapshot of the connection pool of an integration. */
export interface PoolFigures {
  /** Connections that are open. */
  readonly size: number
  /** Open connections without a request. */
  readonly idle: number
  /** Open connections with a request. */
  readonly inUse: number
  /** Requests that wait for a connection. */
  readonly pending: number
  /** The maximum number of open connections. */
  readonly max: number
}

/** Why a connection was lost, or could not be made. */
export interface ConnectionFault {
  /** The kind of the error. */
  readonly kind: ErrorKind
  /** What happened, in words. */
  readonly message: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** The status of an integration. Read from shared memory, so it costs no message. */
export interface IntegrationStatus {
  /** The state of its connection. */
  readonly state: ConnectionState
  /** The state of its circuit breaker. */
  readonly breaker: BreakerState
  /** Epoch milliseconds; absent while it is not connected. */
  readonly connectedSince?: number
  /** The number of the current or next attempt to reconnect; 0 if there is none. */
  readonly reconnectAttempt: number
  /** The last error of its connection, kept after it has reconnected; absent if there was none. */
  readonly lastError?: ConnectionFault
  /** Where a server listens; absent for an integration, and while the server does not listen. */
  readonly listening?: ListenAddress
  /** Epoch milliseconds of the last request; absent before the first. */
  readonly lastUsed?: number
  /** The number of failed operations of all kinds. */
  readonly errorCount: number
  /** Its connection pool; absent if the protocol has none, and before the first heartbeat. */
  readonly pool?: PoolFigures
  /** The thread of its actor; absent while there is none. */
  readonly threadId?: number
}

/** The result of a health check. */
export interface HealthStatus {
  /** Whether it is connected and answered the probe. */
  readonly healthy: boolean
  /** How long the check took, in milliseconds. */
  readonly latencyMs: number
  /** The state of its connection. */
  readonly connection: ConnectionState
  /** The state of its circuit breaker. */
  readonly breaker: BreakerState
  /** Why the integration is not healthy. */
  readonly reason?: string
}
