import { ADAPTERS } from '../../adapters/catalogue.js'
import type { ServerConfig } from '../gateway-config.js'
import { nodeAt } from '../node.js'
import { type Named, Section } from '../reading/section.js'
import { circuitBreaker } from '../schema/circuit-breaker.js'
import { healthCheck } from '../schema/health-check.js'
import { retry } from '../schema/retry.js'
import { serverOf, serverType } from '../schema/server.js'
import { toSettings } from '../schema/settings.js'
import type { FlowContext } from './flow-context.js'
import { checkGroup } from './group.js'
import { readConfig } from './protocol-config.js'
import { readHandlers } from './server-handlers.js'
import { authenticationOf } from './server-rules.js'

/** Addresses that a server can listen on but clients cannot connect to. */
const ANY = ['0.0.0.0', '::']
const SERVERS = ADAPTERS.flatMap(({ server }) => server ?? [])

/** Reads a `server` block; returns `undefined` if its type is unknown. */
export function readServer(
  block: Named,
  groups: ReadonlySet<string>,
  context: FlowContext,
): ServerConfig | undefined {
  const { type } = new Section(serverType(SERVERS.map((each) => each.type)), block).values
  const manifest = SERVERS.find((each) => each.type === type)
  if (manifest === undefined) return undefined
  const section = new Section(serverOf(manifest), block)
  const config = readConfig(section, manifest.config, `the config of a server of ${manifest.type}`)
  checkGroup(section, section.values.supervision, groups)
  const { supervision, requires, expose, auth, method, ...rest } = section.values
  const { listen, announce } = rest
  if (announce?.host === undefined && announce !== undefined && ANY.includes(listen?.address))
    section.fault(section.node('announce')!.span, {
      message: 'a server that listens on every address needs "host" in its block "announce"',
    })
  checkNames(section, context)
  const handlers = readHandlers(block.name, section, context.scripts)
  const authentication = authenticationOf(block.name, { auth, method, listen }, section)
  const settings = toSettings(section.schema, rest)
  const payloadFormat = manifest.payloadFormats?.[settings.format]
  return {
    settings: {
      ...settings,
      name: block.name,
      type: manifest.type,
      endpoint: { addresses: [] },
      config,
      auth: { type: 'none' },
      ...(authentication && { authentication }),
      ...(payloadFormat !== undefined && { payloadFormat }),
      retry: retry.parse(undefined),
      circuitBreaker: circuitBreaker.parse(undefined),
      healthCheck: healthCheck.parse(undefined),
      heartbeatMs: supervision.heartbeatMs,
    },
    supervision: supervision.supervision,
    manifest,
    ...(requires !== undefined && { requires }),
    ...(expose !== undefined && { expose }),
    handlers,
  }
}

/** Reports names of integrations and data that do not exist. */
function checkNames(section: Section<ReturnType<typeof serverOf>>, context: FlowContext): void {
  const { requires = [], expose } = section.values
  const required = section.node('requires')
  for (const [index, name] of requires.entries())
    context.checkIntegrationName(name, required && nodeAt(required, [index]))
  const exposed = section.node('expose')
  if (expose === undefined || exposed === undefined) return
  for (const [index, name] of expose.data.entries())
    context.checkName('data', name, nodeAt(exposed, ['data', index]))
  for (const [label, { integration }] of Object.entries(expose.topics))
    context.checkIntegration(integration, nodeAt(exposed, ['topics', label, 'integration']), 'subscribe')
}
