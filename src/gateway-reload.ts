import type { GatewayConfig } from './config/gateway-config.js'
import { type LoadOptions, loadConfig } from './config/load.js'
import type { ConfigSource } from './config/options.js'
import { functionsIn } from './config/script-functions.js'
import { systemClock } from './core/clock.js'
import { ConfigError } from './core/errors/config.js'
import type { FileNotes } from './core/note-file.js'
import type { Plan, ReloadFigures } from './core/reload-plan.js'
import type { DataFlow } from './dataflow/flow.js'
import type { ClientSet } from './gateway-clients.js'
import { loadOptionsOf } from './gateway-options.js'
import { withSchemas } from './gateway-schemas.js'
import { Reloader } from './reload/reloader.js'
import { treeChanges } from './reload/tree-changes.js'
import type { Reporter } from './reporter.js'
import type { Scripts } from './scripts/scripts.js'
import type { SupervisionTree } from './supervisor/tree.js'

/** The parts of a gateway that a reload changes. */
export interface ChangedParts {
  readonly tree: SupervisionTree
  readonly flow: DataFlow
  readonly clients: ClientSet
  readonly scripts: Scripts
  /** Called when the states of connections may have changed. */
  changed(): void
}

/** The configuration that runs, and where it is read again. */
export class ReloadableConfig {
  readonly #reloader: Reloader
  readonly #reporter: Reporter
  #source: ConfigSource | undefined
  #options: LoadOptions = {}
  #files: FileNotes | undefined

  constructor(config: GatewayConfig, reporter: Reporter, parts: ChangedParts) {
    this.#reporter = reporter
    this.#reloader = new Reloader(config, {
      clock: systemClock,
      report: (report) => reporter.report(report),
      apply: (next, plan) => changeGateway(next, plan, parts),
    })
  }

  /** The configuration that runs. */
  get current(): GatewayConfig {
    return this.#reloader.config
  }

  get figures(): ReloadFigures {
    return this.#reloader.figures
  }

  /**
   * Remembers where the configuration was read.
   * @param files receives the files that are read for later reloads
   */
  readFrom(source: ConfigSource | undefined, options: LoadOptions, files: FileNotes | undefined): void {
    this.#source = source
    this.#options = options
    this.#files = files
  }

  /** @param source default: where the configuration was read last; the options likewise */
  async reload(source: ConfigSource | undefined, options: LoadOptions): Promise<Plan> {
    const given = source ?? this.#source
    if (given === undefined) throw new ConfigError('reload: this gateway was started without a source')
    const loaded = { ...this.#options, ...loadOptionsOf(options) }
    const plan = await this.#reloader.reload(async () => {
      this.#files?.begin()
      const noteFile = this.#files?.note
      const { config, warnings } = await loadConfig(given, { ...loaded, ...(noteFile && { noteFile }) })
      this.#reporter.warn(warnings)
      return withSchemas(config, noteFile)
    })
    this.readFrom(given, loaded, this.#files)
    return plan
  }

  /** Refuses later reloads, because the gateway shuts down. */
  stop(): void {
    this.#reloader.stop()
  }
}

/** Changes a gateway by a plan, or not at all. @throws why it cannot */
async function changeGateway(
  config: GatewayConfig,
  plan: Plan,
  { tree, flow, clients, scripts, changed }: ChangedParts,
): Promise<void> {
  const names = new Set(
    plan.filter(({ action }) => action !== 'unchanged').map(({ kind, name }) => `${kind}.${name}`),
  )
  const functions = functionsIn(config)
  scripts.check(functions)
  await tree.reload(config, treeChanges(plan), async () => {
    for (const actor of [...config.integrations, ...config.servers]) {
      const { name } = actor.settings
      const known = clients.get(name)
      if (known === undefined) clients.add(actor)
      else if (names.has(`integration.${name}`) || names.has(`server.${name}`))
        known.configure(actor.settings)
    }
    scripts.require(functions)
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
