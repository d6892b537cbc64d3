import type { AdapterManifest, BrokerManifest, ServerManifest } from '../core/manifest.js'
import type { GroupSettings, IntegrationSettings, SupervisionSettings } from '../core/settings.js'
import type { Value } from '../core/value.js'
import type { ActorProtocol } from '../mailbox/actor-address.js'
import type { ChildSpec } from './child-spec.js'
import type { SupervisorOptions } from './supervisor.js'
import { workerFile } from './worker-file.js'

/** What a tree is grown from: the resolved configuration. */
export interface TreePlan {
  readonly integrations: readonly {
    readonly settings: IntegrationSettings
    readonly supervision: SupervisionSettings
    readonly manifest: AdapterManifest
  }[]
  readonly brokers: readonly {
    readonly name: string
    readonly listen: { readonly [key: string]: Value }
    readonly heartbeatMs: number
    readonly memory: number
    readonly supervision: SupervisionSettings
    readonly manifest: BrokerManifest
  }[]
  readonly servers: readonly {
    readonly settings: IntegrationSettings
    readonly supervision: SupervisionSettings
    readonly manifest: ServerManifest
  }[]
  readonly supervisors: readonly GroupSettings[]
}

/** What has an actor: an integration, or a server, which is one that listens. */
export interface ActorPlan {
  readonly settings: IntegrationSettings
  readonly supervision: SupervisionSettings
  readonly worker: URL
  readonly protocol: ActorProtocol
  /** Bytes of memory that outlive its actor. */
  readonly keptBytes: number
}

/** All that have an actor, in the order in which they start. */
export function actorsOf({ integrations, servers }: TreePlan): readonly ActorPlan[] {
  return [
    ...integrations.map(({ settings, supervision, manifest }) => ({
      settings,
      supervision,
      worker: workerFile(manifest),
      protocol: protocolOf(manifest, settings),
      keptBytes: manifest.keptBytes?.(settings) ?? 0,
    })),
    ...servers.map(({ settings, supervision, manifest }) => ({
      settings,
      supervision,
      worker: workerFile(manifest),
      protocol: { name: `a server of ${manifest.type}`, capabilities: ['serve'] as const, formats: [] },
      keptBytes: 0,
    })),
  ]
}

function protocolOf(manifest: AdapterManifest, settings: IntegrationSettings): ActorProtocol {
  const { type: name, capabilities, formats, payloadFormats } = manifest
  const isUsable = (format: string) => format !== 'protobuf' || settings.protobuf !== undefined
  return {
    ...(manifest.variant?.(settings) ?? { name, capabilities }),
    // Where the adapter has the last word on what goes over the wire, it has it once for all requests.
    formats: payloadFormats === undefined ? formats.filter(isUsable) : [settings.format],
  }
}

export function childSpec(id: string, { restart, shutdownMs }: SupervisionSettings): ChildSpec {
  return { id, restart, shutdown: shutdownMs === 0 ? 'brutal_kill' : shutdownMs }
}

/** How a supervisor restarts a child that is in no group. */
export function alone({ maxRestarts, withinMs, backoff, jitter }: SupervisionSettings): SupervisorOptions {
  return { strategy: 'one_for_one', intensity: maxRestarts, periodMs: withinMs, backoff, jitter }
}
