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

/** The stable address of an integration as the supervisor uses it. */
export interface ActorAddress {
  readonly depth: { readonly waiting: number; readonly posted: number }
  /** Whether requests are still accepted. */
  readonly isOpen: boolean
  /** Attaches a new life of the actor: posts waiting requests to it and opens all sources again. */
  attach(end: ChannelEnd, gauges: Gauges): void
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
  /** Resolves when only receives and sources are in flight, or after `ms`. */
  drained(ms: number): Promise<void>
  /** Rejects all unsettled requests with ShutdownError and tells the actor to end them. */
  abandon(): void
  /** Rejects all requests, now and later, with ShutdownError. */
  stop(): void
}

/** Makes the address of an actor. */
export type AddressFactory = (actor: Addressed, events: AddressEvents) => ActorAddress
