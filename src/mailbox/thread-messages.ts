import type { RecordableHistogram } from 'node:perf_hooks'
import type { MessagePort } from 'node:worker_threads'
import type { LeftSession } from '../core/adapter/protocol-adapter.js'
import type { Fault } from '../core/settings/chaos.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { RouteSettings, RouteSourceSettings } from '../core/settings/route.js'
import type { HealthStatus } from '../core/status.js'
import type { Value } from '../core/value.js'
import type { ChannelEnd } from './channel.js'
import type { ErrorRecord } from './error-codec.js'
import type { JoinLink, PartLink } from './route-link.js'

/** Where a file is, or why it was not found. */
export type FileAddress = { readonly url: string } | { readonly missing: string }

/** The files that actors with transforms load. */
export interface TransformFiles {
  readonly code: FileAddress
  /** The thread that runs queries which are not compiled. */
  readonly jq: FileAddress
}

/** Makes a loaded thread the actor of one integration. */
export interface StartActor {
  readonly kind: 'start-actor'
  readonly settings: IntegrationSettings
  readonly clientId: string
  /** The first part of the ids of operations; the same for all successors of an actor. */
  readonly idPrefix: string
  readonly channel: ChannelEnd
  readonly control: MessagePort
  readonly gauges: SharedArrayBuffer
  /** Memory that outlives the actor, for the state of the protocol's session. */
  readonly kept?: SharedArrayBuffer | undefined
  /** Durations of operations in microseconds; both threads share one histogram. */
  readonly latency: RecordableHistogram
  readonly transformFiles: TransformFiles
  /** The routes whose source is this actor. Absent if it is in no route. */
  readonly routes?: readonly StartRoute[]
}

/** A route whose source is an actor, in one life of it. */
export interface StartRoute {
  readonly settings: RouteSettings
  /** Shared memory for its figures (`RouteGauges`). */
  readonly gauges: SharedArrayBuffer
}

/** Makes a loaded thread an embedded broker. */
export interface StartBroker {
  readonly kind: 'start-broker'
  readonly name: string
  readonly listen: { readonly [key: string]: Value }
  readonly heartbeatMs: number
  /** Bytes at which the supervisor replaces the thread. */
  readonly memory: number
  readonly control: MessagePort
  readonly gauges: SharedArrayBuffer
}

/** What a thread is given when it is made. */
export interface ThreadData {
  /** The URL with which it was started, whose query names a custom adapter. */
  readonly url: string
  /** The file it runs, and shared memory for the compiled code of it. */
  readonly program: { readonly path: string; readonly code: SharedArrayBuffer }
  /** The thread stores 1 in it when it has run its exit listeners. */
  readonly left: Int32Array
}

/** What a thread has of it: its first code adds what the program cannot do by itself. */
export interface StartedThreadData extends ThreadData {
  importModule(address: string): Promise<unknown>
}

/** Messages from host to thread, outside the channel. */
export type ToThread =
  | StartActor
  | StartBroker
  | { readonly kind: 'attach'; readonly port: MessagePort }
  | JoinLink
  | PartLink
  /** Asks the thread to run its exit listeners before it is terminated. */
  | { readonly kind: 'leave' }

/** What an actor may have a channel to: an embedded broker, or the scripts of the gateway. */
export type Peer = { readonly broker: string } | 'scripts'

/** Messages from thread to host, outside the channel. */
export type FromThread =
  /** The code is loaded; the thread waits to be started. */
  | { readonly kind: 'loaded' }
  /** The start is acknowledged. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'start-failed'; readonly error: ErrorRecord }
  /** The exit listeners have run. */
  | { readonly kind: 'left' }
  /** Asks the host to give the other end of a new channel to a peer. */
  | { readonly kind: 'dial'; readonly peer: Peer; readonly port: MessagePort }
  | {
      readonly kind: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly message: string
      readonly fields: Readonly<Record<string, unknown>>
    }

/** How an actor stops. */
export interface StopOptions {
  /** Whether to wait for the settlement of deliveries too, because the application goes on. */
  readonly isReplaced?: boolean
  /** Whether to end the sessions that the broker keeps, because nobody comes back for them. */
  readonly endsSessions?: boolean
}

/** The control interface of an actor. */
export interface ActorControl {
  /**
   * Waits up to `drainMs` until accepted requests are settled, then closes the connection. Resolves when it is closed.
   * @returns what it has left at the broker, for `adopt` of its successor
   */
  stop(drainMs: number, options?: StopOptions): Promise<readonly LeftSession[]>
  /** Takes over what a replaced life has left at the broker. Resolves when nothing is left. */
  adopt(left: LeftSession): Promise<void>
  /**
   * Ends all sources in favour of a successor. Resolves when nothing more arrives, and the host has received what has
   * arrived, or after `withinMs`.
   * @param resumed the sources of the routes that the successor has. They stay with the broker, as those of the host
   *   do, because the successor resumes the session. Absent if it does not.
   */
  finish(withinMs: number, resumed?: readonly RouteSourceSettings[]): Promise<void>
  /** Resolves when the sources of all its routes have been opened. */
  routesOpened(): Promise<void>
  /**
   * Stops the sources of its routes. Resolves when the messages on their way have been settled; what the sink cannot take
   * now goes back to a source that keeps it. Resolves at once if it has no routes.
   */
  drainRoutes(): Promise<void>
  health(): Promise<HealthStatus>
  /** Closes the connection and makes a new one. Resolves when it is made. */
  reconnect(): Promise<void>
  /** Causes a fault in the actor. */
  inject(fault: Fault): Promise<void>
}

/** The control interface of an embedded broker. */
export interface BrokerControl {
  stop(graceMs: number): Promise<void>
  /** Where it listens. */
  address(): Promise<{ readonly address?: string; readonly port?: number }>
}
