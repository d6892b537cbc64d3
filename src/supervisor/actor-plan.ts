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
  /** Whether the broker must tell two actors of this protocol apart that run at the same time. */
  readonly identity: 'shared' | 'distinct'
}

/** Describes an actor to its address. */
export function addressedOf({ settings, protocol, supervision, keptBytes }: ActorPlan): Addressed {
  return { settings, protocol, poisonThreshold: supervision.poisonThreshold, keepsSession: keptBytes > 0 }
}

export function childSpec(id: string, { restart, shutdownMs }: SupervisionSettings): ChildSpec {
  return { id, restart, shutdown: shutdownMs === 0 ? 'brutal_kill' : shutdownMs }
}
