import type { ProtocolVariant } from '../core/capability.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { ChannelEnd } from './channel.js'
import type { Gauges } from './gauges.js'
import type { ActorNotice, Verb } from './protocol.js'

/** The protocol of an actor, as its address needs it. */
export interface ActorProtocol extends ProtocolVariant {
  /** The formats that a request may choose. */
  readonly formats: readonly string[]
}

/** Describes an actor to its address. */
export interface Addressed {
  readonly settings: IntegrationSettings
  readonly protocol: ActorProtocol
  /** How many actors one message may kill. */
  readonly poisonThreshold: number
  /** Whether the broker keeps messages of acknowledged subscriptions while there is no actor. */
  readonly keepsSession?: boolean
}

/** A life that is to take the place of the current one. */
export interface SuccessorAddress {
  /** Why it cannot connect, as it last reported; `undefined` if it has not reported a fault. */
  readonly fault: Error | undefined
  /** Opens all sources at it. Resolves when all are granted. @throws the error of the first that is refused */
  opened(): Promise<void>
  /** Makes it the current life: later requests go to it, once the predecessor allows it. */
  commit(): PredecessorAddress
  /** Forgets it; the current life goes on. */
  discard(): void
}

/** A life whose traffic has moved on. It settles what it has. */
export interface PredecessorAddress {
  /** Resolves when the requests of the application that it has are settled, or after `ms`. */
  answered(ms: number): Promise<void>
  /** Resolves when the requests are settled that must come before those of the successor, or after `ms`. */
  ordered(ms: number): Promise<void>
  /** Lets the successor deliver messages, because the predecessor has delivered all of its own. Idempotent. */
  finished(): void
  /** Lets requests go to the successor. Idempotent. */
  release(): void
  /** Ends it. What it has not settled is handed over by the rules of a crash. Idempotent. */
  end(reason: string): void
}

/** The callbacks of an address. */
export interface AddressEvents {
  notice(notice: Exclude<ActorNotice, { kind: 'source-ended' | 'dropped' }>): void
  /** A message has killed too many actors and is dead-lettered. */
  poison(
    request: { readonly verb: Verb; readonly target: string; readonly value: unknown },
    deaths: number,
    reason: string,
  ): void
}

/** How many sources are open, and how many of their messages the application has not settled. */
export interface SourceLoad {
  readonly subscriptions: number
  readonly inHand: number
}

/** The stable address of an integration as the supervisor uses it. */
export interface ActorAddress {
  readonly depth: { readonly waiting: number; readonly posted: number }
  /** What the sources of the host are doing. */
  readonly load: SourceLoad
  /** Why the connection was lost or could not be made; `undefined` while connected. */
  readonly connectionFault: Error | undefined
  /** Whether requests are still accepted. */
  readonly isOpen: boolean
  /** Attaches a new life of the actor: posts waiting requests to it and opens all sources again. */
  attach(end: ChannelEnd, gauges: Gauges): void
  /** Prepares a life that is to take the place of the current one. */
  prepare(end: ChannelEnd, gauges: Gauges, actor: Addressed): SuccessorAddress
  /**
   * Takes the traffic from the current life: requests wait until the next life is attached.
   * @param isResumed whether the next life resumes the sessions at the broker, which have kept messages meanwhile
   */
  withdraw(actor: Addressed, isResumed: boolean): PredecessorAddress
  /** Takes new settings that need no other life. */
  configure(actor: Addressed): void
  /** Detaches a life that has died. @param reason part of the callers' errors */
  detach(reason: string): void
  /** Rejects all requests, now and later, because the actor will not be restarted. */
  fail(reason: string): void
  /**
   * Stops taking messages from the broker: ends sources and pending receives. Still accepts other requests, which
   * running handlers may need.
   */
  startDraining(): void
  /** Refuses new requests except settlements of deliveries. Accepted requests continue. */
  closeIntake(): void
  /** Refuses new requests as `closeIntake` does, because the configuration no longer has the actor. */
  remove(): void
  /** Resolves when only receives and sources are in flight, or after `ms`. */
  drained(ms: number): Promise<void>
  /** Rejects all unsettled requests with ShutdownError and tells the actor to end them. */
  abandon(): void
  /** Rejects all requests, now and later, with ShutdownError. */
  stop(): void
}

/** Makes the address of an actor. */
export type AddressFactory = (actor: Addressed, events: AddressEvents) => ActorAddress
