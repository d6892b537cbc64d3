import type { BreakerState, ConnectionState, ListenAddress } from './core/status.js'
import type { LogRecord } from './core/telemetry.js'

/** A message that could not be delivered and was set aside. */
export interface DeadMessage {
  readonly integration: string
  /** The queue it was taken from, or the topic, queue or method it was meant for. */
  readonly queue: string
  readonly reason: string
  /** Deliveries that did not settle it, or actors that it killed. */
  readonly attempts: number
  /** What was to be sent; absent for a message that came from a queue. */
  readonly value?: unknown
  /** The payload of a message that came from a queue. */
  readonly bytes?: Uint8Array
}

/** The names of all events. */
export const EVENTS = [
  'actor:started',
  'actor:crashed',
  'actor:restarted',
  'actor:failed',
  'connection:changed',
  'breaker:changed',
  'message:dead',
  'subscription:gap',
  'log',
] as const satisfies readonly (keyof GatewayEvents)[]

/** The events of a gateway and what each listener is given. */
export interface GatewayEvents {
  /** An actor or embedded broker has started for the first time. */
  'actor:started': (event: { readonly integration: string }) => void
  'actor:crashed': (event: {
    readonly integration: string
    readonly reason: string
    readonly restartInMs: number
  }) => void
  /** Its successor runs. */
  'actor:restarted': (event: { readonly integration: string; readonly restarts: number }) => void
  /** The supervisor has given it up: its intensity is spent. */
  'actor:failed': (event: { readonly integration: string; readonly reason: string }) => void
  'connection:changed': (event: {
    readonly integration: string
    readonly state: ConnectionState
    readonly attempt: number
    readonly reason?: string
    /** Where a server listens now. */
    readonly listening?: ListenAddress
  }) => void
  'breaker:changed': (event: { readonly integration: string; readonly state: BreakerState }) => void
  'message:dead': (event: DeadMessage) => void
  /** Messages of a subscription were lost before they reached it; `dropped` of the subscription counts them too. */
  'subscription:gap': (event: {
    readonly integration: string
    /** The pattern of the subscription. */
    readonly topic: string
    /** How many; 0 where nobody can tell. */
    readonly lost: number
    readonly reason: string
  }) => void
  log: (record: LogRecord) => void
}
