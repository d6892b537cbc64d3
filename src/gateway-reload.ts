import type { GatewayConfig } from './config/gateway-config.js'
import { type LoadOptions, loadConfig } from './config/load.js'
import type { ConfigSource } from './config/options.js'
import { functionsIn } from './config/script-functions.js'
import { systemClock } from './core/clock.js'
import type { Diagnostic } from './core/diagnostic.js'
import { ConfigError } from './core/errors/config.js'
import type { FileNotes } from './core/note-file.js'
import { systemRandom } from './core/random.js'
import type { ActorFigures, Fingerprints, Plan, Proposal, ReloadFigures } from './core/reload-plan.js'
import type { DataFlow } from './dataflow/flow.js'
import type { ClientSet } from './gateway-clients.js'
import { loadOptionsOf } from './gateway-options.js'
import { withSchemas } from './gateway-schemas.js'
import { endangeredBuffer } from './reload/buffers.js'
import { filesInUse } from './reload/files-in-use.js'
import { checkFingerprints, fingerprintOf } from './reload/fingerprint.js'
import { impossibleChange } from './reload/fixed.js'
import { planReload } from './reload/plan.js'
import { priced } from './reload/price.js'
import { Reloader } from './reload/reloader.js'
import { treeChanges } from './reload/tree-changes.js'
import type { Reporter } from './reporter.js'
import type { Scripts } from './scripts/scripts.js'
import { actorFigures } from './supervisor/actor-figures.js'
import type { SupervisionTree } from './supervisor/tree.js'

const KEY_BYTES = 32

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
  readonly #tree: SupervisionTree
  /** Without it a fingerprint tells nothing of the secrets in a configuration. */
  readonly #key = systemRandom.bytes(KEY_BYTES)
  #source: ConfigSource | undefined
  #options: LoadOptions = {}
  #files: FileNotes | undefined

  constructor(config: GatewayConfig, reporter: Reporter, parts: ChangedParts) {
    this.#reporter = reporter
    this.#tree = parts.tree
    this.#reloader = new Reloader(config, {
      clock: systemClock,
      report: (report) => reporter.report(report),
      refusal: (next, plan) => this.#refusal(next, plan),
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
    const given = this.#sourceOf(source)
    const loaded = { ...this.#options, ...loadOptionsOf(options) }
    const plan = await this.#reloader.reload(() => this.#read(given, loaded))
    this.readFrom(given, loaded, this.#files)
    return plan
  }

  /**
   * Finds out what a reload would do, without doing it.
   * @param source default: where the configuration was read last
   * @param variables override those of the start and of earlier reloads
   * @throws ConfigError with every fault of the configuration
   */
  async plan(
    source: ConfigSource | undefined,
    variables: LoadOptions['variables'],
  ): Promise<Proposal & { readonly diagnostics: readonly Diagnostic[] }> {
    const { config, warnings } = await this.#load(this.#sourceOf(source), this.#overriding(variables))
    const next = await withSchemas(config)
    const { current } = this
    const blocks = planReload(current, next)
    const refused = this.#refusal(next, blocks)
    return {
      blocks: priced(blocks, (name) => this.#figuresOf(name)),
      ...(refused !== undefined && { refused }),
      fingerprints: this.#fingerprints(current, next),
      diagnostics: warnings,
    }
  }

  /**
   * Reloads like `plan` has found out. Does not settle with another reload that waits.
   * @param expected the fingerprints of a plan; without them any configuration may run and follow
   * @throws ConfigError if the configurations are not those; then nothing has changed
   */
  async apply(
    source: ConfigSource | undefined,
    variables: LoadOptions['variables'],
    expected: Fingerprints | undefined,
  ): Promise<Plan> {
    const given = this.#sourceOf(source)
    let loaded: LoadOptions = {}
    const read = () => {
      // A reload that came before may have set variables.
      loaded = this.#overriding(variables)
      return this.#read(given, loaded)
    }
    const check = (before: GatewayConfig, after: GatewayConfig) => {
      if (expected !== undefined) checkFingerprints(expected, this.#fingerprints(before, after))
    }
    const plan = await this.#reloader.reloadAlone(read, check)
    this.readFrom(given, loaded, this.#files)
    return plan
  }

  /** Reads the configuration to reload. @throws ConfigError */
  async #read(source: ConfigSource, options: LoadOptions): Promise<GatewayConfig> {
    this.#files?.begin()
    const noteFile = this.#files?.note
    const { config, warnings } = await this.#load(source, { ...options, ...(noteFile && { noteFile }) })
    this.#reporter.warn(warnings)
    return withSchemas(config, noteFile)
  }

  #load(source: ConfigSource, options: LoadOptions): ReturnType<typeof loadConfig> {
    return loadConfig(source, { ...options, inUse: filesInUse(this.current) })
  }

  #sourceOf(given: ConfigSource | undefined): ConfigSource {
    const source = given ?? this.#source
    if (source === undefined) throw new ConfigError('reload: this gateway was started without a source')
    return source
  }

  /** Earlier values of variables stay, but for those that another configuration no longer has. */
  #overriding(variables: LoadOptions['variables']): LoadOptions {
    const { variables: started, inherited, ...rest } = this.#options
    return { ...rest, inherited: { ...inherited, ...started }, ...(variables && { variables }) }
  }

  #fingerprints(running: GatewayConfig, next: GatewayConfig): Fingerprints {
    return { running: fingerprintOf(running, this.#key), next: fingerprintOf(next, this.#key) }
  }

  #figuresOf(name: string): ActorFigures | undefined {
    const { integrations, routes } = this.#tree
    const child = integrations.get(name)
    return child && actorFigures(child, routes)
  }

  /** Why a plan cannot be carried out; `undefined` if it can be tried. */
  #refusal(next: GatewayConfig, plan: Plan): string | undefined {
    const impossible = impossibleChange(this.current, next)
    if (impossible !== undefined) return impossible
    const { integrations, routes } = this.#tree
    const figures = routes.figures()
    return endangeredBuffer(this.current, next, plan, {
      buffered: (route) => figures.get(route)?.levels.buffered ?? 0,
      isConnected: (name) => integrations.get(name)?.status.state === 'connected',
    })
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
