import { isIP } from 'node:net'
import { BALANCES, type DiscoverySettings, type DiscoverySource } from '../../core/discovery.js'
import type { AdapterManifest } from '../../core/manifest.js'
import { DEFAULT_DISCOVERY_INTERVAL_MS, DEFAULT_EJECT_MS } from '../defaults.js'
import { duration, type Kind, list, oneOf, text } from '../kinds.js'
import type { DiscoveryBlock } from '../options.js'
import type { Section } from '../section.js'

const TYPES = ['static', 'dns', 'dns-srv'] as const
/** Of the design, and not in this version. */
const LATER = ['nats', 'redis']

const type: Kind<(typeof TYPES)[number]> = (node, complain) => {
  const found = node.content.kind === 'scalar' ? String(node.content.value) : ''
  const hint = LATER.includes(found) ? `this version does not have discovery by ${found} yet` : undefined
  return oneOf(TYPES)(node, (at, expected, near) => complain(at, expected, hint ?? near))
}

/** A name that DNS can be asked for; an IP address is none. */
const name: Kind<string> = (node, complain) => {
  const found = text(node, complain)
  if (found === undefined || (/^[\w-]+(\.[\w-]+)*\.?$/u.test(found) && isIP(found) === 0)) return found
  complain(node, 'the name of a host or service, such as "api.internal" or "_mqtt._tcp.example.com"')
  return undefined
}

/** The address of a DNS server, maybe with a port. */
const server: Kind<string> = (node, complain) => {
  const found = text(node, complain)
  const [, v6, v4] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/u.exec(found ?? '') ?? []
  if (found === undefined || isIP(v6 ?? v4 ?? found) !== 0) return found
  complain(node, 'the IP address of a DNS server, maybe with a port, such as "10.0.0.2" or "127.0.0.1:5353"')
  return undefined
}

const scheme: Kind<string> = (node, complain) => {
  const found = text(node, complain)
  if (found === undefined || /^[a-z][a-z\d+.-]*$/iu.test(found)) return found
  complain(node, 'the scheme of an address, such as "wss"')
  return undefined
}

/** The `discovery` block of an integration; undefined without one. */
export function readDiscovery(
  section: Section<DiscoveryBlock> | undefined,
  manifest: AdapterManifest,
): DiscoverySettings | undefined {
  if (section === undefined) return undefined
  const kind = section.required('type', type)
  const source = kind === undefined ? undefined : readSource(section, kind)
  const intervalMs = section.value('interval', duration(MIN_INTERVAL_MS)) ?? DEFAULT_DISCOVERY_INTERVAL_MS
  const ejectMs = section.value('eject', duration()) ?? DEFAULT_EJECT_MS
  const balance = section.value('balance', oneOf(BALANCES)) ?? 'round_robin'
  const givenScheme = section.value('scheme', scheme)
  // What else there should be depends on the type, which is wrong.
  if (source === undefined) return undefined
  section.done()
  if (!manifest.needsEndpoint)
    section.fault(section.span, { message: `${manifest.type} has no endpoint that could be discovered` })
  if (!(manifest.balances ?? ['round_robin']).includes(balance))
    section.fault(section.node('balance')!.span, {
      message: `${manifest.type} chooses an address for each connection, so it cannot balance by "${balance}"`,
      expected: '"round_robin"',
    })
  return {
    source,
    intervalMs,
    ejectMs,
    balance,
    ...(givenScheme !== undefined && { scheme: givenScheme }),
  }
}

const MIN_INTERVAL_MS = 10

function readSource(
  section: Section<DiscoveryBlock>,
  kind: (typeof TYPES)[number],
): DiscoverySource | undefined {
  if (kind === 'static') return { type: 'static' }
  const host = section.required('name', name)
  const servers = section.value('servers', list(server)) ?? []
  return host === undefined ? undefined : { type: kind, name: host, servers }
}
