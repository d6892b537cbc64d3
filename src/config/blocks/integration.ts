import { ADAPTERS, adapterManifest } from '../../adapters/catalogue.js'
import type { AdapterManifest } from '../../core/manifest.js'
import type { Endpoint } from '../../core/settings/endpoint.js'
import { withoutUserInfo } from '../../core/user-info.js'
import type { IntegrationConfig } from '../gateway-config.js'
import { didYouMean } from '../hcl/diagnostics.js'
import type { ModuleFinder } from '../modules/adapter-modules.js'
import { quoteAll } from '../reading/expectation.js'
import { type Named, Section } from '../reading/section.js'
import type { Auth } from '../schema/auth.js'
import { integrationOf, typeOnly } from '../schema/integration.js'
import { toSettings } from '../schema/settings.js'
import { folderOf } from '../spans.js'
import { checkGroup } from './group.js'
import { checkIntegration } from './integration-checks.js'
import { readConfig } from './protocol-config.js'
import { serviceRules } from './server-rules.js'

const DEFAULT_TIMEOUT_MS = 30_000
const OWN_ADAPTER = 'name a custom adapter by its file, such as "./adapter.js", or by its installed package'

/** Reads an `integration` block; returns `undefined` if its type is unknown, because the rest depends on it. */
export function readIntegration(
  block: Named,
  groups: ReadonlySet<string>,
  modules: ModuleFinder,
): IntegrationConfig | undefined {
  const manifest = readType(block, modules)
  if (manifest === undefined) return undefined
  const section = new Section(integrationOf(manifest), block)
  const config = readConfig(section, manifest.config, `the config of ${manifest.type}`)
  checkIntegration(section, manifest)
  checkGroup(section, section.values.supervision, groups)
  const { auth, supervision, serve, ...rest } = section.values
  const authentication =
    serve && serviceRules(block.name, { auth: serve.auth, method: serve.method }, section, manifest)
  const { endpoint = { addresses: [] }, ...settings } = toSettings(section.schema, rest)
  const payloadFormat = manifest.payloadFormats?.[settings.format]
  // JSON-RPC sets the time limit of an attempt in its `config`, as in the specification.
  const ofConfig = typeof config.timeout === 'number' ? config.timeout : DEFAULT_TIMEOUT_MS
  return {
    settings: {
      timeoutMs: ofConfig,
      ...settings,
      name: block.name,
      type: manifest.type,
      endpoint: auth.client === undefined ? endpoint : withClient(endpoint, auth.client),
      config,
      auth: auth.auth,
      ...(authentication && { authentication }),
      ...(payloadFormat !== undefined && { payloadFormat }),
      heartbeatMs: supervision.heartbeatMs,
    },
    supervision: supervision.supervision,
    manifest,
  }
}

/** Adds a client certificate to an endpoint. */
export function withClient(endpoint: Endpoint, client: NonNullable<Auth['client']>): Endpoint {
  return { ...endpoint, tls: { verifyServer: true, ...endpoint.tls, ...client } }
}

function readType(block: Named, modules: ModuleFinder): AdapterManifest | undefined {
  const section = new Section(typeOnly, block)
  const { type } = section.values
  const node = section.node('type')
  const manifest = adapterManifest(type)
  if (manifest !== undefined || type === undefined || node === undefined) return manifest
  const module = modules.find({ type, folder: folderOf(node.span) })
  if (module.kind === 'manifest') return module.manifest
  if (module.kind === 'fault') section.fault(node.span, module.finding)
  if (module.kind !== 'none') return undefined
  const types = ADAPTERS.map((each) => each.type)
  const near = didYouMean(type, types)
  section.fault(node.span, {
    message: `unknown protocol "${node.secret ? 'of that name' : withoutUserInfo(type)}"`,
    expected: quoteAll(types),
    hint: near === undefined ? OWN_ADAPTER : `did you mean "${near}"?`,
  })
  return undefined
}
