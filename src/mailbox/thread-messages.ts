import type { RecordableHistogram } from 'node:perf_hooks'
import type { MessagePort } from 'node:worker_threads'
import type { Fault, IntegrationSettings } from '../core/settings.js'
import type { HealthStatus } from '../core/status.js'
import type { Value } from '../core/value.js'
import type { ChannelEnd } from './channel.js'
import type { ErrorRecord } from './error-codec.js'

/** What starts a thread that has loaded its code: from here on it is the actor of one integration. */
export interface StartActor {
  readonly kind: 'start-actor'
  readonly settings: IntegrationSettings
  readonly clientId: string
  readonly channel: ChannelEnd
  readonly control: MessagePort
  readonly gauges: SharedArrayBuffer
  /** Memory that outlives the actor, for the state of the protocol's session. */
  readonly kept?: SharedArrayBuffer | undefined
  /** Durations of operations in microseconds; shared live with the host. */
  readonly latency: RecordableHistogram
}

/** The same for an embedded broker. */
export interface StartBroker {
  readonly kind: 'start-broker'
  readonly name: string
  readonly listen: { readonly [key: string]: Value }
  readonly heartbeatMs: number
  /** Bytes of memory at which the thread is replaced. */
  readonly memory: number
  readonly control: MessagePort
  readonly gauges: SharedArrayBuffer
}

/** Host to thread, outside of the line. */
export type ToThread = StartActor | StartBroker | { readonly kind: 'attach'; readonly port: MessagePort }

/** Thread to host, outside of the line. */
export type FromThread =
  /** The code is loaded; the thread waits to be started. */
  | { readonly kind: 'loaded' }
  /** The start is acknowledged. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'start-failed'; readonly error: ErrorRecord }
  /** Asks that the other end of a new channel be given to an embedded broker. */
  | { readonly kind: 'dial'; readonly broker: string; readonly port: MessagePort }
  | {
      readonly kind: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly message: string
      readonly fields: Readonly<Record<string, unknown>>
    }

/** What the host may ask of an actor while it runs. */
export interface ActorControl {
  /** Settles what was accepted, for `drainMs` at most, and closes the connection; resolves when both are done. */
  stop(drainMs: number): Promise<void>
  health(): Promise<HealthStatus>
  /** Drops the connection and makes a new one; resolves when it stands. */
  reconnect(): Promise<void>
  /** Inflicts a fault upon the actor. */
  inject(fault: Fault): Promise<void>
}

/** What the host may ask of an embedded broker while it runs. */
export interface BrokerControl {
  stop(graceMs: number): Promise<void>
  /** Where it listens. */
  address(): Promise<{ readonly address?: string; readonly port?: number }>
}
