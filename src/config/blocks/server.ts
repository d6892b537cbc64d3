import { ADAPTERS } from '../../adapters/catalogue.js'
import type { ServerManifest } from '../../core/manifest.js'
import type { IntegrationSettings } from '../../core/settings.js'
import { DEFAULT_BREAKER, DEFAULT_HEALTH_CHECK, DEFAULT_RETRY, DEFAULT_TIMEOUT_MS } from '../defaults.js'
import type { ServerConfig } from '../gateway-config.js'
import { duration, oneOf } from '../kinds.js'
import type { ServerBlock } from '../options.js'
import type { Section } from '../section.js'
import { readAnnounce } from './announce.js'
import { readChaos, readLimits, readMailbox } from './capacity.js'
import { absolutePaths } from './config-paths.js'
import { readListen } from './listen.js'
import { readReconnect } from './policies.js'
import { checkBySchema } from './schema-block.js'
import { mayStart, type ServerNames } from './server-later.js'
import { readSupervision } from './supervision.js'

/** Listening may fail for a moment, as when an earlier life still holds the port: no long waits then. */
const LONGEST_PAUSE_MS = 5_000
const FIRST_PAUSE_MS = 100

/** A `server` block; undefined when its type is none, after which the rest cannot be judged, and when it may not start. */
export function readServer(
  name: string,
  section: Section<ServerNames>,
  groups: ReadonlySet<string>,
): ServerConfig | undefined {
  const manifest = readType(section)
  if (manifest === undefined) return undefined
  const place = section.section('listen')
  if (place === undefined && section.node('listen') === undefined)
    section.fault(section.span, {
      message: `a server of type ${manifest.type} needs a "listen"`,
      hint: 'listen { port = … }',
    })
  const { supervision, heartbeatMs } = readSupervision(section.section('supervision'), groups)
  const chaos = readChaos(section.section('chaos'))
  const reconnect = section.section('reconnect')
  const listen = place === undefined ? { address: '', port: 0 } : readListen(place)
  const announce = readAnnounce(section.section('announce'), listen)
  const format = section.value('format', oneOf(manifest.formats)) ?? manifest.defaultFormat
  const payloadFormat = manifest.payloadFormats?.[format]
  const settings: IntegrationSettings = {
    name,
    type: manifest.type,
    endpoint: { addresses: [] },
    listen,
    ...(announce !== undefined && { announce }),
    config: absolutePaths(
      checkBySchema(
        manifest.config,
        section.node('config'),
        { span: section.span, title: `the config of a server of ${manifest.type}` },
        section.diagnostics,
      ),
      section.node('config'),
      manifest.configPaths,
    ),
    auth: { type: 'none' },
    format,
    ...(payloadFormat !== undefined && { payloadFormat }),
    timeoutMs: section.value('timeout', duration()) ?? DEFAULT_TIMEOUT_MS,
    retry: DEFAULT_RETRY,
    circuitBreaker: DEFAULT_BREAKER,
    healthCheck: DEFAULT_HEALTH_CHECK,
    reconnect:
      reconnect === undefined
        ? { ...readReconnect(undefined), delayMs: FIRST_PAUSE_MS, maxDelayMs: LONGEST_PAUSE_MS }
        : readReconnect(reconnect),
    mailbox: readMailbox(section.section('mailbox')),
    limits: readLimits(section.section('limits')),
    heartbeatMs,
    ...(chaos !== undefined && { chaos }),
  }
  const runs = mayStart(name, section)
  section.done()
  return runs ? { settings, supervision, manifest } : undefined
}

function readType(section: Section<ServerBlock>): ServerManifest | undefined {
  const servers = ADAPTERS.flatMap(({ server }) => server ?? [])
  const type = section.required('type', oneOf(servers.map((each) => each.type)))
  return servers.find((each) => each.type === type)
}
