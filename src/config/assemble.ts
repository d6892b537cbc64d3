import type { GroupSettings } from '../core/settings.js'
import { impliedBroker, readBroker } from './blocks/broker.js'
import { readIntegration } from './blocks/integration.js'
import { readServer } from './blocks/server.js'
import { withMethods } from './blocks/server-methods.js'
import type { Document } from './document.js'
import type { BrokerConfig, GatewayConfig, IntegrationConfig } from './gateway-config.js'
import type { Diagnostics } from './hcl/diagnostics.js'
import { type Block, report, type Scope } from './hcl/index.js'
import { readLocals } from './locals.js'
import type { ModuleFinder } from './modules/adapter-modules.js'
import { nodeAt } from './node.js'
import { type Named, Section } from './reading/section.js'
import { toSettings } from './schema/settings.js'
import { supervisor } from './schema/supervision.js'
import { placeOf } from './spans.js'
import { Tree } from './tree.js'
import { readVariables } from './variables.js'

/** What gets its value while the gateway runs; a path into it is no fault of its own. */
const AT_RUN_TIME = [
  'integration',
  'data',
  'action',
  'script',
  'server',
  'route',
  'trigger',
  'supervisor',
  'broker',
]

/** What a configuration may refer to from outside. */
export interface Surroundings {
  readonly variables: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** The names of the variables that expressions use. */
  readonly used: ReadonlySet<string>
  /** The adapters that are none of our own. */
  readonly modules: ModuleFinder
}

/** Makes a configuration out of its blocks. It is only meant to be used when the diagnostics have no error. */
export function assemble(
  document: Document,
  surroundings: Surroundings,
  diagnostics: Diagnostics,
): GatewayConfig {
  const tree = new Tree(scopeOf(document, surroundings, diagnostics), diagnostics)
  const named = (block: Block): Named => ({
    name: nameOf(block),
    title: `the block "${block.type}"`,
    node: tree.block(block),
    diagnostics,
  })
  const supervisors = document.supervisor.map((block): GroupSettings => {
    const { schema, values } = new Section(supervisor, named(block))
    return { name: nameOf(block), ...toSettings(schema, values) }
  })
  const groups = new Set(supervisors.map(({ name }) => name))
  const brokers = document.broker.map((block) => readBroker(named(block), groups)).filter(present)
  const integrations: IntegrationConfig[] = []
  const names = new Set(document.broker.map(nameOf))
  for (const block of document.integration) {
    const read = named(block)
    const integration = readIntegration(read, groups, surroundings.modules)
    if (integration === undefined) continue
    integrations.push(integration)
    const implied = brokerFor(integration, read, brokers, names)
    if (implied !== undefined) brokers.push(implied)
  }
  const servers = document.server
    .map((block) => readServer(named(withMethods(block)), groups))
    .filter(present)
  refuseSharedNames(document, diagnostics)
  return { integrations, brokers, servers, supervisors }
}

/** A server is asked for by its name, as an integration is. */
function refuseSharedNames(document: Document, diagnostics: Diagnostics): void {
  for (const block of document.server) {
    const other = document.integration.find((each) => nameOf(each) === nameOf(block))
    if (other === undefined) continue
    report(diagnostics, block.labels[0]!.span, {
      message: `there is an integration "${nameOf(block)}" already, at ${placeOf(other.labels[0]!.span)}`,
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
  const environment: Scope = { variables: { env: Object.fromEntries(set) }, sensitive: ['env'] }
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

/** The broker in the process that an integration lives on, when no block declares it and none is implied yet. */
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
    message: `the broker "${name}" is of another type`,
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
