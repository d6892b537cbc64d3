import type { AnnounceSettings, RedisRegistry } from '../../core/discovery.js'
import type { ListenSettings } from '../../core/settings.js'
import { DEFAULT_ANNOUNCE_TTL_MS } from '../defaults.js'
import type { AnnounceBlock, DiscoveryBlock } from '../discovery-options.js'
import { anyText, duration, type Kind, oneOf, text } from '../kinds.js'
import type { Section } from '../section.js'
import { readTls } from './tls.js'

const DEFAULT_REDIS_PORT = 6379
const HIGHEST_PORT = 65_535
const LEAST_TTL_MS = 300
/** Addresses that are good for listening and for nobody to come to. */
const ANY = ['0.0.0.0', '::']

/** A host, maybe with a port. */
const place: Kind<{ readonly host: string; readonly port: number }> = (node, complain) => {
  const given = text(node, complain)
  const [, v6, name, digits] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/iu.exec(given ?? '') ?? []
  const host = v6 ?? name
  const port = Number(digits ?? DEFAULT_REDIS_PORT)
  if (host !== undefined && port >= 1 && port <= HIGHEST_PORT) return { host, port }
  if (given !== undefined)
    complain(node, 'the host of a Redis, maybe with a port, such as "redis.internal:6379"')
  return undefined
}

/** Where servers announce themselves, of a `discovery` or `announce` block; undefined after a fault. */
export function readRegistry(
  section: Section<Pick<DiscoveryBlock, 'address' | 'key' | 'username' | 'password' | 'tls'>>,
): RedisRegistry | undefined {
  const at = section.required('address', place)
  const key = section.required('key', text)
  const username = section.value('username', text)
  const password = section.value('password', anyText)
  const tls = readTls(section)
  if (username !== undefined && password === undefined && section.node('password') === undefined)
    section.fault(section.node('username')!.nameSpan, { message: '"username" needs "password" beside it' })
  if (at === undefined || key === undefined) return undefined
  return {
    ...at,
    key,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
  }
}

/** The `announce` block of a server; undefined without one. */
export function readAnnounce(
  section: Section<AnnounceBlock> | undefined,
  { address }: ListenSettings,
): AnnounceSettings | undefined {
  if (section === undefined) return undefined
  section.required('type', oneOf(['redis']))
  const registry = readRegistry(section)
  const ttlMs = section.value('ttl', duration(LEAST_TTL_MS)) ?? DEFAULT_ANNOUNCE_TTL_MS
  const host = section.value('host', text)
  section.done()
  if (host === undefined && ANY.includes(address))
    section.fault(section.span, {
      message: 'a server that listens on every address has to be told its "host" to announce it',
    })
  return registry && { registry, ttlMs, ...(host !== undefined && { host }) }
}
