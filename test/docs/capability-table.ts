import { ADAPTERS } from '../../src/adapters/catalogue.js'
import type { Capability } from '../../src/core/capability.js'
import type { AdapterManifest } from '../../src/core/manifest.js'
import { table } from './table.js'

/** A column: its title, and what a cell says of a protocol. */
interface Column {
  readonly title: string
  readonly cell: (manifest: AdapterManifest) => string
}

const NONE = '–'
/** In the order of DESIGN section 3. */
const ORDER = ['json-rpc', 'grpc', 'mqtt', 'nats', 'redis', 'memory']

const PROTOCOL: Column = { title: 'protocol', cell: ({ type }) => `\`${type}\`` }

const CAPABILITIES: readonly Column[] = [
  PROTOCOL,
  { title: 'RPC call', cell: (manifest) => cell(manifest, ['call', 'batch', 'notify']) },
  { title: 'RPC serve', cell: (manifest) => cell(manifest, ['serve']) },
  { title: 'publish', cell: (manifest) => cell(manifest, ['publish']) },
  { title: 'subscribe', cell: (manifest) => cell(manifest, ['subscribe']) },
  { title: 'enqueue', cell: (manifest) => cell(manifest, ['enqueue']) },
  { title: 'dequeue, ack, nack', cell: (manifest) => cell(manifest, ['dequeue']) },
  { title: 'default format (others)', cell: formats },
]

const ADDRESSES: readonly Column[] = [
  PROTOCOL,
  { title: 'URL, with the default port', cell: ({ addresses }) => codes(urls(addresses?.schemes ?? {})) },
  { title: '`auth` of type', cell: ({ auth }) => codes(auth.filter((type) => type !== 'none')) },
]

/** Whether a protocol can do something, as a client or as a server of its own. */
export function canDo({ capabilities, server }: AdapterManifest, capability: Capability): boolean {
  return capabilities.includes(capability) || (capability === 'serve' && server !== undefined)
}

/** What every protocol can do, from the manifests alone: a table in Markdown. */
export const capabilityTable = (): string => tableOf(CAPABILITIES)

/** How the addresses of every protocol are written, and how it proves who it is. */
export const addressTable = (): string => tableOf(ADDRESSES)

function tableOf(columns: readonly Column[]): string {
  const rank = ({ type }: AdapterManifest) => (ORDER.includes(type) ? ORDER.indexOf(type) : ORDER.length)
  const manifests = [...ADAPTERS].sort((a, b) => rank(a) - rank(b))
  return table(
    columns.map(({ title }) => title),
    manifests.map((manifest) => columns.map((column) => column.cell(manifest))),
  )
}

function cell(manifest: AdapterManifest, capabilities: readonly [Capability, ...Capability[]]): string {
  const [first] = capabilities
  if (!canDo(manifest, first)) return NONE
  const remark = manifest.remarks?.[first]
  if (remark !== undefined) return remark
  return [
    'yes',
    ...capabilities.slice(1).flatMap((more) => (canDo(manifest, more) ? [WORDS[more] ?? more] : [])),
  ].join(', ')
}

const WORDS: Partial<Record<Capability, string>> = { notify: 'notification' }

function formats({ defaultFormat, formats: all }: AdapterManifest): string {
  const others = all.filter((format) => format !== defaultFormat)
  return others.length === 0 ? defaultFormat : `${defaultFormat} (${others.join(', ')})`
}

function urls(schemes: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(schemes).map(([scheme, port]) => `${scheme}://host:${port}`)
}

function codes(words: readonly string[]): string {
  return words.length === 0 ? NONE : words.map((word) => `\`${word}\``).join(', ')
}
