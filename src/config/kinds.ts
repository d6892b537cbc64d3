import { formatBytes, parseBytes } from '../core/bytes.js'
import { formatDuration, parseDuration } from '../core/duration.js'
import { didYouMean } from './diagnostics.js'
import type { Node } from './node.js'

/** Says what is wrong with a node. */
export type Complain = (node: Node, expected: string, hint?: string) => void

/** A kind of value that an attribute can have. Gives undefined after it complained. */
export type Kind<V> = (node: Node, complain: Complain) => V | undefined

function scalar<V>(expected: string, read: (value: unknown) => V | undefined): Kind<V> {
  return (node, complain) => {
    const value = node.content.kind === 'scalar' ? read(node.content.value) : undefined
    if (value === undefined && node.content.kind !== 'faulty') complain(node, expected)
    return value
  }
}

/** Text that is not empty. */
export const text = scalar('a text that is not empty', (value) =>
  typeof value === 'string' && value !== '' ? value : undefined,
)

/** Text, also empty. */
export const anyText = scalar('a text', (value) => (typeof value === 'string' ? value : undefined))

/** true or false; the texts of the same name, too, since an environment variable is a text. */
export const boolean = scalar('true or false', (value) =>
  value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined,
)

/** A number between two bounds, or a text that is one. */
export function number(least: number, most = Number.POSITIVE_INFINITY): Kind<number> {
  return scalar(`a number ${range(least, most)}`, (value) => within(value, least, most))
}

/** A whole number between two bounds, or a text that is one. */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER): Kind<number> {
  return scalar(`a whole number ${range(least, most)}`, (value) => {
    const found = within(value, least, most)
    return Number.isSafeInteger(found) ? found : undefined
  })
}

function range(least: number, most: number): string {
  return most === Number.POSITIVE_INFINITY || most === Number.MAX_SAFE_INTEGER
    ? `of at least ${least}`
    : `from ${least} to ${most}`
}

function within(value: unknown, least: number, most: number): number | undefined {
  const found = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof found === 'number' && found >= least && found <= most ? found : undefined
}

/** Longer timers do not exist in Node. */
const LONGEST_MS = 2_147_483_647

/** A duration of at least `least` milliseconds; gives milliseconds. */
export function duration(least = 1): Kind<number> {
  const from = `of at least ${formatDuration(least)}`
  return scalar(`a duration ${from} and at most 24d, such as "250ms" or "30s"`, (value) => {
    const ms = parseDuration(value)
    return ms !== undefined && ms >= least && ms <= LONGEST_MS ? ms : undefined
  })
}

/** A size of at least `least` bytes; gives bytes. */
export function size(least: number): Kind<number> {
  return scalar(`a size of at least ${formatBytes(least)}, such as "64KB" or "16MB"`, (value) => {
    const bytes = parseBytes(value)
    return bytes !== undefined && bytes >= least ? bytes : undefined
  })
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[]): Kind<T> {
  const expected = quoteAll(words)
  return (node, complain) => {
    if (node.content.kind === 'faulty') return undefined
    const value = node.content.kind === 'scalar' ? node.content.value : undefined
    const word = words.find((candidate) => candidate === value)
    if (word !== undefined) return word
    const near = typeof value === 'string' ? didYouMean(value, words) : undefined
    complain(node, expected, near === undefined ? undefined : `did you mean "${near}"?`)
    return undefined
  }
}

/** Words as a message lists them. */
export function quoteAll(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`)
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}

/** A list of values of one kind. */
export function list<V>(kind: Kind<V>): Kind<readonly V[]> {
  return (node, complain) => {
    if (node.content.kind === 'faulty') return undefined
    if (node.content.kind !== 'list') {
      complain(node, 'a list')
      return undefined
    }
    const values = node.content.items.map((item) => kind(item, complain))
    return values.includes(undefined) ? undefined : (values as V[])
  }
}

/** One value of a kind, or a list of at least one. */
export function oneOrMore<V>(kind: Kind<V>): Kind<readonly V[]> {
  const many = list(kind)
  return (node, complain) => {
    if (node.content.kind !== 'list') {
      const value = kind(node, complain)
      return value === undefined ? undefined : [value]
    }
    if (node.content.items.length > 0) return many(node, complain)
    complain(node, 'a list with at least one element')
    return undefined
  }
}
