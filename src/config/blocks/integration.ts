import { ADAPTERS, adapterManifest } from '../../adapters/catalogue.js'
import type { AdapterManifest } from '../../core/manifest.js'
import type { Endpoint, HealthCheckSettings, IntegrationSettings } from '../../core/settings.js'
import { DEFAULT_TIMEOUT_MS } from '../defaults.js'
import { didYouMean } from '../diagnostics.js'
import type { IntegrationConfig } from '../gateway-config.js'
import { duration, oneOf, quoteAll, text } from '../kinds.js'
import type { ModuleFinder } from '../modules/adapter-modules.js'
import { type Node, nodeAt } from '../node.js'
import type { IntegrationBlock } from '../options.js'
import { withoutUserInfo } from '../secrets.js'
import type { Section } from '../section.js'
import { folderOf } from '../spans.js'
import { readAuth, withClient } from './auth.js'
import { readChaos, readLimits, readMailbox } from './capacity.js'
import { absolutePaths } from './config-paths.js'
import { readDiscovery } from './discovery.js'
import { readEndpoint } from './endpoint.js'
import {
  readBreaker,
  readBulkhead,
  readHealthCheck,
  readRateLimit,
  readReconnect,
  readRetry,
} from './policies.js'
import { readProtobuf } from './protobuf.js'
import { checkBySchema } from './schema-block.js'
import { readSupervision } from './supervision.js'

const OWN_ADAPTER =
  'an adapter of your own is named by its file, as "./adapter.js", or by its installed package'

/** An `integration` block; undefined when its type is none, after which the rest cannot be judged. */
export function readIntegration(
  name: string,
  section: Section<IntegrationBlock>,
  groups: ReadonlySet<string>,
  modules: ModuleFinder,
): IntegrationConfig | undefined {
  const manifest = readType(section, modules)
  if (manifest === undefined) return undefined
  const discovery = readDiscovery(section.section('discovery'), manifest)
  const endpoint = readPlace(section, manifest)
  const config = absolutePaths(
    checkBySchema(
      manifest.config,
      section.node('config'),
      { span: section.span, title: `the config of ${manifest.type}` },
      section.diagnostics,
    ),
    section.node('config'),
    manifest.configPaths,
  )
  const { auth, client } = readAuth(section.section('auth'), manifest, endpoint)
  const attemptMs = section.value('timeout', duration())
  const format = section.value('format', oneOf(manifest.formats)) ?? manifest.defaultFormat
  const payloadFormat = manifest.payloadFormats?.[format]
  const protobuf = readProtobuf(section, manifest, format)
  const { supervision, heartbeatMs } = readSupervision(section.section('supervision'), groups)
  const rateLimit = readRateLimit(section.section('rate_limit'))
  const bulkhead = readBulkhead(section.section('bulkhead'))
  const chaos = readChaos(section.section('chaos'))
  const settings: IntegrationSettings = {
    name,
    type: manifest.type,
    endpoint: client === undefined ? endpoint : withClient(endpoint, client),
    ...(discovery !== undefined && { discovery }),
    config,
    auth,
    format,
    ...(payloadFormat !== undefined && { payloadFormat }),
    ...(protobuf !== undefined && { protobuf }),
    timeoutMs: attemptMs ?? attemptTimeOf(config) ?? DEFAULT_TIMEOUT_MS,
    retry: readRetry(section.section('retry')),
    circuitBreaker: readBreaker(section.section('circuit_breaker')),
    healthCheck: readHealth(section, manifest),
    reconnect: readReconnect(section.section('reconnect')),
    ...(rateLimit !== undefined && { rateLimit }),
    ...(bulkhead !== undefined && { bulkhead }),
    mailbox: readMailbox(section.section('mailbox')),
    limits: readLimits(section.section('limits')),
    heartbeatMs,
    ...(chaos !== undefined && { chaos }),
  }
  section.done()
  return { settings, supervision, manifest }
}

function readType(section: Section<IntegrationBlock>, modules: ModuleFinder): AdapterManifest | undefined {
  const type = section.required('type', text)
  const manifest = type === undefined ? undefined : adapterManifest(type)
  if (type === undefined || manifest !== undefined) return manifest
  const node = section.node('type')!
  const module = modules.find({ type, folder: folderOf(node.span) })
  if (module.kind === 'manifest') return module.manifest
  if (module.kind === 'fault') section.fault(node.span, module.finding)
  if (module.kind !== 'none') return undefined
  const types = ADAPTERS.map((each) => each.type)
  const near = didYouMean(type, types)
  section.fault(node.span, {
    message: `there is no protocol "${node.secret ? 'of that name' : withoutUserInfo(type)}"`,
    expected: quoteAll(types),
    hint: near === undefined ? OWN_ADAPTER : `did you mean "${near}"?`,
  })
  return undefined
}

/** Only what makes calls can call a method to see whether the other side is well. */
function readHealth(section: Section<IntegrationBlock>, manifest: AdapterManifest): HealthCheckSettings {
  const block = section.section('health_check')
  const settings = readHealthCheck(block)
  if (settings.method !== undefined && !manifest.capabilities.includes('call'))
    section.fault(block!.node('method')!.nameSpan, {
      message: `${manifest.type} makes no calls, so it cannot call a method to check its health`,
      hint: 'without "method" the check is the protocol\'s own sign of life',
    })
  return settings
}

function readPlace(section: Section<IntegrationBlock>, manifest: AdapterManifest): Endpoint {
  const endpoint = section.section('endpoint')
  const source = section.node('discovery')
  const finds = source !== undefined && !isStatic(source)
  if (endpoint !== undefined) return readEndpoint(endpoint, !finds)
  if (section.node('endpoint') === undefined && manifest.needsEndpoint && !finds)
    section.fault(section.span, {
      message: `an integration of type ${manifest.type} needs an "endpoint"`,
      hint: 'endpoint { address = "…" }',
    })
  return { addresses: [] }
}

function isStatic(discovery: Node): boolean {
  const type = nodeAt(discovery, ['type'])?.content
  return type?.kind === 'scalar' && type.value === 'static'
}

/** JSON-RPC has the time for one attempt in its `config`, as the specification writes it. */
function attemptTimeOf(config: IntegrationSettings['config']): number | undefined {
  return typeof config.timeout === 'number' ? config.timeout : undefined
}
