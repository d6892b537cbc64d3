import type { ProtocolVariant } from '../core/capability.js'
import type { IntegrationSettings } from '../core/settings.js'
import type { ChannelEnd } from './channel.js'
import type { Gauges } from './gauges.js'
import type { ActorNotice, Verb } from './protocol.js'

/** What the address knows of the protocol of its actor. */
export interface ActorProtocol extends ProtocolVariant {
  /** The formats that a single request may ask for. */
  readonly formats: readonly string[]
}

/** An actor as its address sees it. */
export interface Addressed {
  readonly settings: IntegrationSettings
  readonly protocol: ActorProtocol
  /** How many actors one message may kill. */
  readonly poisonThreshold: number
  /** Whether the broker keeps acknowledged subscriptions for it while it has no actor. */
  readonly keepsSession?: boolean
}

/** What an address reports. */
export interface AddressEvents {
  notice(notice: Exclude<ActorNotice, { kind: 'source-ended' | 'dropped' }>): void
  /** A message has killed too many actors and was dead-lettered. */
  poison(
    request: { readonly verb: Verb; readonly target: string; readonly value: unknown },
    deaths: number,
    reason: string,
  ): void
}

/** The supervisor's side of the stable address of an integration: one life of the actor after another. */
export interface ActorAddress {
  readonly depth: { readonly waiting: number; readonly posted: number }
  /** Whether requests are still accepted. */
  readonly isOpen: boolean
  /** A new life of the actor begins: what waits goes to it, and all sources are asked for again. */
  attach(end: ChannelEnd, gauges: Gauges): void
  /** The actor has died. @param reason as callers receive it. */
  detach(reason: string): void
  /** The supervisor has given up on it: nothing will be done any more. */
  fail(reason: string): void
  /**
   * Nothing is taken from the broker any more: sources end, receives are given up. Other requests are still accepted,
   * because handlers that run may need them.
   */
  startDraining(): void
  /** Nothing new is accepted from now on; what was accepted goes on, and deliveries can still be settled. */
  closeIntake(): void
  /** Resolves when nothing is in flight but what may wait indefinitely, at the latest after `ms`. */
  drained(ms: number): Promise<void>
  /** What is not settled by now rejects with ShutdownError, and the actor need not go on with it. */
  abandon(): void
  /** The gateway has shut down. */
  stop(): void
}

/** Makes the address of an actor. */
export type AddressFactory = (actor: Addressed, events: AddressEvents) => ActorAddress
