import type { GatewayConfig, IntegrationConfig, ServerConfig } from './config/gateway-config.js'
import type { Plan } from './core/reload-plan.js'
import type { DataFlow } from './dataflow/flow.js'
import type { Clients } from './gateway-clients.js'
import { treeChanges } from './reload/tree-changes.js'
import type { SupervisionTree } from './supervisor/tree.js'

/** The parts of a gateway that a reload changes. */
export interface ChangedParts {
  readonly tree: SupervisionTree
  readonly flow: DataFlow
  readonly clients: Map<string, Clients>
  /** Adds the clients of a new integration or server. */
  makeClients(actor: IntegrationConfig | ServerConfig): void
  /** Called when the states of connections may have changed. */
  changed(): void
}

/** Changes a gateway by a plan, or not at all. @throws why it cannot */
export async function changeGateway(
  config: GatewayConfig,
  plan: Plan,
  { tree, flow, clients, makeClients, changed }: ChangedParts,
): Promise<void> {
  const names = new Set(
    plan.filter(({ action }) => action !== 'unchanged').map(({ kind, name }) => `${kind}.${name}`),
  )
  await tree.reload(config, treeChanges(plan), async () => {
    for (const actor of [...config.integrations, ...config.servers]) {
      const { name } = actor.settings
      const known = clients.get(name)
      if (known === undefined) makeClients(actor)
      else if (names.has(`integration.${name}`) || names.has(`server.${name}`))
        known.configure(actor.settings)
    }
    await flow.reload(
      config,
      (kind, name) => names.has(`${kind}.${name}`),
      (name) => !config.integrations.some(({ settings }) => settings.name === name),
    )
    for (const { kind, name, action } of plan)
      if (action === 'remove' && (kind === 'integration' || kind === 'server')) clients.delete(name)
    changed()
  })
  changed()
}
