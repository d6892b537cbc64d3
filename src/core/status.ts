import type { ErrorKind } from './errors.js'

/** The state of the connection of an integration. */
export type ConnectionStatus =
  | { readonly state: 'disconnected' }
  | { readonly state: 'connecting' }
  | { readonly state: 'connected' }
  | { readonly state: 'reconnecting'; readonly attempt: number }
  | { readonly state: 'failed'; readonly reason: string }

export type ConnectionState = ConnectionStatus['state']

/** In the order of their numbers in shared memory; add at the end only. */
export const CONNECTION_STATES = [
  'disconnected',
  'connecting',
  'connected',
  'reconnecting',
  'failed',
] as const

/** Where a server is to be reached: what it listens at, which may be any free port. */
export interface ListenAddress {
  readonly address: string
  readonly port: number
}

/** The circuit breaker of an integration, as the specification names its states. */
export type BreakerState = 'closed' | 'open' | 'half-open'

/** In the order of their numbers in shared memory; add at the end only. */
export const BREAKER_STATES = ['closed', 'open', 'half-open'] as const

/** The connections of an integration that has several, at one moment. */
export interface PoolFigures {
  /** Connections that are open. */
  readonly size: number
  readonly idle: number
  readonly inUse: number
  /** Requests that wait for a connection. */
  readonly pending: number
  /** Connections that may be open. */
  readonly max: number
}

/** Why a connection was lost, or could not be made. */
export interface ConnectionFault {
  readonly kind: ErrorKind
  readonly message: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** The answer of a health check. */
export interface HealthStatus {
  readonly healthy: boolean
  /** How long the check took, in milliseconds. */
  readonly latencyMs: number
  readonly connection: ConnectionState
  readonly breaker: BreakerState
  /** Why it is not healthy. */
  readonly reason?: string
}
