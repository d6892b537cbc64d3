import type { RouteSettings } from '../core/settings/route.js'
import type { GroupSettings } from '../core/settings/supervision.js'
import { NAMED } from './block-kinds.js'
import { impliedBroker, readBroker } from './blocks/broker.js'
import { FlowContext } from './blocks/flow-context.js'
import { readIntegration } from './blocks/integration.js'
import { readRoute } from './blocks/route.js'
import { findCycles } from './blocks/route-cycles.js'
import { readScript, ScriptContext } from './blocks/script.js'
import { readServer } from './blocks/server.js'
import { withMethods, withServedMethods } from './blocks/server-methods.js'
import { readDataFlow } from './data-flow.js'
import type { Document } from './document.js'
import type { BrokerConfig, GatewayConfig, IntegrationConfig, ServerConfig } from './gateway-config.js'
import type { Diagnostics } from './hcl/diagnostics.js'
import { type Block, report, type Scope, SensitivePaths, StepBudget } from './hcl/index.js'
import { readLocals } from './locals.js'
import type { ModuleFinder } from './modules/adapter-modules.js'
import { Names } from './names.js'
import { type Node, nodeAt } from './node.js'
import { type Named, Section } from './reading/section.js'
import { toSettings } from './schema/settings.js'
import { supervisor } from './schema/supervision.js'
import { placeOf } from './spans.js'
import { Tree } from './tree.js'
import { readVariables } from './variables.js'

/** Roots that have a value only at run time, so that a path into them is not an error. */
const AT_RUN_TIME = [...NAMED, 'route', 'trigger', 'message']

/** What a configuration may refer to outside its files. */
export interface Surroundings {
  readonly variables: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Names of the variables used in expressions. */
  readonly used: ReadonlySet<string>
  /** Finds adapters that are not built in. */
  readonly modules: ModuleFinder
}

/** Builds the configuration from its blocks. Use it only if the diagnostics hold no error. */
export function assemble(
  document: Document,
  surroundings: Surroundings,
  diagnostics: Diagnostics,
): GatewayConfig {
  // The names of all blocks, also of blocks with errors.
  const known = new Names((kind) => document[kind].map(nameOf))
  const scope = scopeOf(document, surroundings, diagnostics)
  const tree = new Tree(scope, diagnostics, known)
  const blocks = new Map<string, Node>()
  const named = (block: Block): Named => {
    const node = tree.block(block)
    remember(blocks, `${block.type}.${nameOf(block)}`, node)
    return { name: nameOf(block), title: `the block "${block.type}"`, node, diagnostics }
  }
  const supervisors = document.supervisor.map((block): GroupSettings => {
    const { schema, values } = new Section(supervisor, named(block))
    return { name: nameOf(block), ...toSettings(schema, values) }
  })
  const groups = new Set(supervisors.map(({ name }) => name))
  const brokers = document.broker.map((block) => readBroker(named(block), groups)).filter(present)
  const integrations: IntegrationConfig[] = []
  const names = new Set(document.broker.map(nameOf))
  for (const block of document.integration) {
    const read = named(withServedMethods(block))
    const integration = readIntegration(read, groups, surroundings.modules)
    if (integration === undefined) continue
    integrations.push(integration)
    const implied = brokerFor(integration, read, brokers, names)
    if (implied !== undefined) brokers.push(implied)
  }
  const scripts = document.script.map((block) => readScript(named(block))).filter(present)
  const functions = new ScriptContext(known.of('script'), scripts)
  const context = new FlowContext(known, integrations, functions, diagnostics)
  const servers = document.server
    .map((block) => readServer(named(withMethods(block)), groups, context))
    .filter(present)
  refuseSharedNames(document, diagnostics)
  const flow = readDataFlow(document, named, known, integrations, functions, diagnostics)
  const routes = readRoutes(document, named, known, integrations, servers, functions, diagnostics)
  const written = { blocks, constants: [scope.variables, scope.parent?.variables] }
  return { integrations, brokers, servers, scripts, supervisors, ...flow, routes, written }
}

/** Adds a block. Several `on` blocks may have the same event: they are numbered like their triggers. */
function remember(blocks: Map<string, Node>, key: string, node: Node): void {
  let free = key
  for (let number = 2; blocks.has(free); number++) free = `${key}#${number}`
  blocks.set(free, node)
}

function readRoutes(
  document: Document,
  named: (block: Block) => Named,
  names: Names,
  integrations: readonly IntegrationConfig[],
  servers: readonly ServerConfig[],
  scripts: ScriptContext,
  diagnostics: Diagnostics,
): readonly RouteSettings[] {
  const declared = {
    integration: new Set(document.integration.map(nameOf)),
    server: new Set(document.server.map(nameOf)),
  }
  const ends = { integrations, servers, declared, names, scripts, folders: new Map<string, string>() }
  const routes = document.route.map((block) => readRoute(named(block), ends)).filter(present)
  reportCycles(routes, document, diagnostics)
  return routes
}

function reportCycles(routes: readonly RouteSettings[], document: Document, diagnostics: Diagnostics): void {
  for (const { route, path } of findCycles(routes)) {
    const block = document.route.find((each) => nameOf(each) === route)!
    report(diagnostics, block.labels[0]!.span, {
      message:
        path.length === 2
          ? `the route "${route}" receives its own messages`
          : `these routes form a cycle: ${path.join(' → ')}`,
      hint: 'send to a topic or queue that none of them reads',
    })
  }
}

/** Reports a server with the name of an integration, because the API finds both by name. */
function refuseSharedNames(document: Document, diagnostics: Diagnostics): void {
  for (const block of document.server) {
    const other = document.integration.find((each) => nameOf(each) === nameOf(block))
    if (other === undefined) continue
    report(diagnostics, block.labels[0]!.span, {
      message: `the name "${nameOf(block)}" is already used by the integration at ${placeOf(other.labels[0]!.span)}`,
      hint: 'give one of them another name',
    })
  }
}

function scopeOf(
  document: Document,
  { variables, env, used }: Surroundings,
  diagnostics: Diagnostics,
): Scope {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const environment: Scope = {
    variables: { env: Object.fromEntries(set) },
    sensitive: new SensitivePaths(['env']),
    budget: new StepBudget(),
  }
  const given = readVariables(document.variable, variables, used, environment, diagnostics)
  const constants: Scope = {
    parent: environment,
    variables: { var: given.values },
    sensitive: given.sensitive,
    deferred: AT_RUN_TIME,
  }
  const local = readLocals(document.locals, constants, diagnostics)
  return { parent: constants, variables: { local: local.values }, sensitive: local.sensitive }
}

/**
 * Returns the embedded broker that an integration needs, unless a block declares it or another integration implies
 * it.
 */
function brokerFor(
  { settings, manifest }: IntegrationConfig,
  { node, diagnostics }: Named,
  brokers: readonly BrokerConfig[],
  declared: ReadonlySet<string>,
): BrokerConfig | undefined {
  const name = settings.config.broker
  if (manifest.broker === undefined || typeof name !== 'string') return undefined
  const found = brokers.find((broker) => broker.name === name)
  if (found === undefined) return declared.has(name) ? undefined : impliedBroker(name, manifest.broker)
  if (found.manifest.type === manifest.broker.type) return undefined
  report(diagnostics, (nodeAt(node, ['config', 'broker']) ?? node).span, {
    message: `the broker "${name}" has the wrong type`,
    expected: `a broker of type "${manifest.broker.type}"`,
    found: `type "${found.manifest.type}"`,
  })
  return undefined
}

function nameOf(block: Block): string {
  return block.labels[0]!.value
}

function present<T>(value: T | undefined): value is T {
  return value !== undefined
}
