import { TYPES_FOLDER } from '../blocks/block-types.js'
import type { Entry, Item, Member } from './model.js'

/** A page of the documentation: the exports that it describes, and those that another page does. */
export interface Page {
  readonly name: string
  readonly entry: Entry
  readonly groups: readonly Group[]
  readonly elsewhere: readonly Item[]
  /** The types of the blocks are on a page of this name. */
  readonly blocks?: string
}

export interface Group {
  readonly title: string
  readonly items: readonly Item[]
}

const GROUPS: readonly (readonly [string, (item: Item) => boolean])[] = [
  ['Classes', ({ kind, name }) => kind === 'class' && !name.endsWith('Error')],
  ['Functions and constants', ({ kind }) => kind === 'function' || kind === 'constant'],
  ['Types', ({ kind }) => kind === 'interface' || kind === 'type'],
  ['Errors', ({ name }) => name.endsWith('Error')],
]

/** The pages of all entry points. What several of them export is described once. */
export function layOut(entries: readonly Entry[]): readonly Page[] {
  return entries.flatMap((entry) => {
    const own = entry.items.filter((item) => homeOf(item, entries) === entry)
    const elsewhere = entry.items.filter((item) => !own.includes(item))
    const blocks = own.filter(({ file }) => file.startsWith(TYPES_FOLDER))
    const rest = own.filter((item) => !blocks.includes(item))
    const page = { name: entry.page, entry, groups: groupsOf(rest), elsewhere }
    if (blocks.length === 0) return [page]
    const groups = [{ title: 'Blocks', items: blocks }]
    return [
      { ...page, blocks: 'blocks' },
      { name: 'blocks', entry, groups, elsewhere: [] },
    ]
  })
}

/** The entry point that exports most of the file that declares something, the first of several. */
function homeOf(item: Item, entries: readonly Entry[]): Entry {
  const exporting = entries.filter(({ items }) => items.some(({ symbol }) => symbol === item.symbol))
  const count = ({ items }: Entry) => items.filter(({ file }) => file === item.file).length
  return exporting.reduce((best, entry) => (count(entry) > count(best) ? entry : best))
}

function groupsOf(items: readonly Item[]): readonly Group[] {
  return GROUPS.map(([title, belongs]) => ({ title, items: items.filter(belongs) })).filter(
    (group) => group.items.length > 0,
  )
}

export function headingOf({ name, kind }: Item): string {
  return kind === 'function' ? `${name}()` : name
}

/** How a member is used: `Gateway.start()`, `gateway.rpc()`, `new RpcError()`. */
export function memberHeading(item: Item, { name, isStatic }: Member): string {
  if (name === 'constructor') return `new ${item.name}()`
  const owner = isStatic ? item.name : `${item.name[0]!.toLowerCase()}${item.name.slice(1)}`
  return name.startsWith('[') ? `${owner}${name}()` : `${owner}.${name}()`
}

/** The headings of a page in their order. */
export function headings({ groups }: Page): readonly string[] {
  return groups.flatMap(({ title, items }) => [
    title,
    ...items.flatMap((item) => [
      headingOf(item),
      ...item.members.flatMap((member) => (member.callable ? [memberHeading(item, member)] : [])),
    ]),
  ])
}
