import type { ErrorKind } from './errors.js'

/** The state of the connection of an integration. */
export type ConnectionStatus =
  | { readonly state: 'disconnected' }
  | { readonly state: 'connecting' }
  | { readonly state: 'connected' }
  | { readonly state: 'reconnecting'; readonly attempt: number }
  | { readonly state: 'failed'; readonly reason: string }

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
  readonly address: string
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
  readonly idle: number
  readonly inUse: number
  /** Requests that wait for a connection. */
  readonly pending: number
  /** The most connections that may be open. */
  readonly max: number
}

/** Why a connection was lost, or could not be made. */
export interface ConnectionFault {
  readonly kind: ErrorKind
  readonly message: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** The result of a health check. */
export interface HealthStatus {
  readonly healthy: boolean
  /** How long the check took, in milliseconds. */
  readonly latencyMs: number
  readonly connection: ConnectionState
  readonly breaker: BreakerState
  /** Why the integration is not healthy. */
  readonly reason?: string
}
