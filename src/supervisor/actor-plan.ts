import type { BrokerSession } from '../core/broker-session.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { SupervisionSettings } from '../core/settings/supervision.js'
import type { ActorProtocol, Addressed } from '../mailbox/actor-address.js'
import type { ChildSpec } from './child-spec.js'

/** Describes an integration or a server; both have an actor. */
export interface ActorPlan {
  readonly settings: IntegrationSettings
  readonly supervision: SupervisionSettings
  readonly worker: URL
  readonly protocol: ActorProtocol
  /** Bytes of memory that outlive each life of its actor. */
  readonly keptBytes: number
  /** The sessions that it has at its broker; absent if it has none. */
  readonly session?: BrokerSession | undefined
  /** Whether the broker must tell two actors of this protocol apart that run at the same time. */
  readonly identity: 'shared' | 'distinct'
}

/** Describes an actor to its address. */
export function addressedOf({ settings, protocol, supervision, keptBytes }: ActorPlan): Addressed {
  return { settings, protocol, poisonThreshold: supervision.poisonThreshold, keepsSession: keptBytes > 0 }
}

/** Makes the memory that outlives each life of an actor. */
export function keptMemory({ keptBytes }: ActorPlan): SharedArrayBuffer | undefined {
  return keptBytes > 0 ? new SharedArrayBuffer(keptBytes) : undefined
}

/** Returns the client id by which the broker knows an actor. @param clientId the generated one */
export function sessionIdOf({ session }: ActorPlan, clientId: string): string {
  return session?.clientId ?? clientId
}

export function childSpec(id: string, { restart, shutdownMs }: SupervisionSettings): ChildSpec {
  return { id, restart, shutdown: shutdownMs === 0 ? 'brutal_kill' : shutdownMs }
}
