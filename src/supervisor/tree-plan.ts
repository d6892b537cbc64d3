import type { AdapterManifest, BrokerManifest, ServerManifest } from '../core/manifest.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { RouteSettings } from '../core/settings/route.js'
import type { GroupSettings, SupervisionSettings } from '../core/settings/supervision.js'
import type { Value } from '../core/value.js'
import type { ActorProtocol } from '../mailbox/actor-address.js'
import type { ActorPlan } from './actor-plan.js'
import type { BrokerPlan } from './broker-child.js'
import type { SupervisorOptions } from './supervisor.js'
import { workerFile } from './worker-file.js'

/** The resolved configuration from which a tree is built. */
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
  readonly routes: readonly RouteSettings[]
}

/** All integrations and servers, in start order. */
export function actorsOf({ integrations, servers }: TreePlan): readonly ActorPlan[] {
  return [
    ...integrations.map(({ settings, supervision, manifest }) => ({
      settings,
      supervision,
      worker: workerFile(manifest),
      protocol: protocolOf(manifest, settings),
      keptBytes: manifest.keptBytes?.(settings) ?? 0,
      session: manifest.session?.(settings),
      identity: manifest.identity ?? 'shared',
    })),
    ...servers.map(({ settings, supervision, manifest }) => ({
      settings,
      supervision,
      worker: workerFile(manifest),
      protocol: { name: `a server of ${manifest.type}`, capabilities: ['serve'] as const, formats: [] },
      keptBytes: 0,
      identity: 'shared' as const,
    })),
  ]
}

function protocolOf(manifest: AdapterManifest, settings: IntegrationSettings): ActorProtocol {
  const { type: name, capabilities, formats, payloadFormats } = manifest
  const isUsable = (format: string) => format !== 'protobuf' || settings.protobuf !== undefined
  return {
    ...(manifest.variant?.(settings) ?? { name, capabilities }),
    // An adapter that maps formats on the wire has one format for all requests.
    formats: payloadFormats === undefined ? formats.filter(isUsable) : [settings.format],
  }
}

/** The options of the supervisor of a single child. */
export function withoutGroup({
  maxRestarts,
  withinMs,
  backoff,
  jitter,
}: SupervisionSettings): SupervisorOptions {
  return { strategy: 'one_for_one', intensity: maxRestarts, periodMs: withinMs, backoff, jitter }
}

/** What an embedded broker is started with. */
export function brokerPlan({
  name,
  listen,
  heartbeatMs,
  memory,
  manifest,
}: TreePlan['brokers'][number]): BrokerPlan {
  return { name, type: manifest.type, worker: workerFile(manifest), listen, heartbeatMs, memory }
}

/** Children that one supervisor restarts. */
interface Group {
  readonly options: SupervisorOptions
  readonly brokers: readonly string[]
  readonly actors: readonly string[]
}

/** The groups of a plan in start order. A group takes the place of its first member. */
export function groupsOf(plan: TreePlan): readonly Group[] {
  const actors = actorsOf(plan)
  const brokers = plan.brokers.map(({ name, supervision }) => ({
    options: withoutGroup(supervision),
    brokers: [name],
    actors: [],
  }))
  const seen = new Set<string>()
  const groups = actors.flatMap(({ settings, supervision }): Group[] => {
    const group = plan.supervisors.find(({ name }) => name === supervision.group)
    if (group === undefined)
      return [{ options: withoutGroup(supervision), brokers: [], actors: [settings.name] }]
    if (seen.has(group.name)) return []
    seen.add(group.name)
    const members = actors.filter((other) => other.supervision.group === group.name)
    const { strategy, maxRestarts, withinMs } = group
    const options = { ...withoutGroup(supervision), strategy, intensity: maxRestarts, periodMs: withinMs }
    return [{ options, brokers: [], actors: members.map((member) => member.settings.name) }]
  })
  return [...brokers, ...groups]
}
