import { toText } from '../convert.js'
import type { HclFunction } from '../values.js'
import { type HclValue, setKey } from '../values.js'
import { FunctionFault, hclFunction } from './define.js'
import { formatText } from './format.js'
import { mostWork } from './regex-work.js'

const characters = (text: string) => [...text]

function trimSet(text: string, set: string, start: boolean, end: boolean): string {
  const points = characters(text)
  const cut = new Set(characters(set))
  let from = 0
  let to = points.length
  while (start && from < to && cut.has(points[from]!)) from++
  while (end && to > from && cut.has(points[to - 1]!)) to--
  return points.slice(from, to).join('')
}

function substring(text: string, offset: number, length: number): string {
  const points = characters(text)
  const from = offset < 0 ? Math.max(0, points.length + offset) : offset
  return points.slice(from, length < 0 ? undefined : from + length).join('')
}

// Constructs that make matching slow; RE2, the engine of the language's specification, does not support them
// either.
const UNSAFE = /\(\?[=!]|\(\?<[=!]|\\[1-9]|\\k<|\)[*+{]/
const MAX_PATTERN = 1000
const MAX_SUBJECT = 100_000
/** Characters that a search may look at: nothing can stop it. */
const MAX_WORK = 2 ** 26

function compile(pattern: string, argument: number): RegExp {
  if (pattern.length > MAX_PATTERN)
    throw new FunctionFault(`the pattern exceeds the limit of ${MAX_PATTERN} characters`, { argument })
  if (UNSAFE.test(pattern.replace(/\\\\/g, ''))) {
    throw new FunctionFault('the pattern could take very long to match', {
      argument,
      expected: 'a pattern without look-around, back references and repeated groups',
    })
  }
  try {
    return new RegExp(pattern.replace(/\(\?P</g, '(?<'), 'gu')
  } catch {
    throw new FunctionFault('invalid regular expression', { argument })
  }
}

function checkSubject(pattern: string, text: string, argument: number): void {
  if (text.length > MAX_SUBJECT)
    throw new FunctionFault(`the text exceeds the limit of ${MAX_SUBJECT} characters`, { argument })
  if (mostWork(pattern, text.length) > MAX_WORK)
    throw new FunctionFault(`the pattern could take very long to match a text of ${text.length} characters`, {
      argument,
      expected: 'a shorter text, or a pattern with fewer repetitions, such as one that begins with "^"',
    })
}

function regex(pattern: string, text: string): HclValue {
  const compiled = compile(pattern, 0)
  checkSubject(pattern, text, 1)
  const match = compiled.exec(text)
  if (match === null) throw new FunctionFault('the pattern does not match', { argument: 1 })
  if (match.groups !== undefined) {
    const groups = {}
    for (const [name, value] of Object.entries(match.groups)) setKey<HclValue>(groups, name, value ?? null)
    return groups
  }
  return match.length === 1 ? match[0] : match.slice(1).map((group) => group ?? null)
}

function replace(text: string, search: string, replacement: string): string {
  if (search.length < 2 || !search.startsWith('/') || !search.endsWith('/'))
    return text.replaceAll(search, () => replacement)
  const pattern = search.slice(1, -1)
  const compiled = compile(pattern, 1)
  checkSubject(pattern, text, 0)
  return text.replace(compiled, (...match: unknown[]) => {
    const groups = match.at(-1)
    const named = typeof groups === 'object' ? (groups as Record<string, string>) : {}
    return replacement.replace(
      /\$(?:\$|(\d+)|\{(\w+)\}|(\w+))/g,
      (_, index?: string, braced?: string, name?: string) => {
        if (index === undefined && braced === undefined && name === undefined) return '$'
        const key = index ?? braced ?? name!
        return String((/^\d+$/.test(key) ? match[Number(key)] : named[key]) ?? '')
      },
    )
  })
}

function formatList(template: string, values: HclValue[]): HclValue {
  const lengths = values.filter((value) => Array.isArray(value)).map((value) => value.length)
  const count = lengths.length === 0 ? 1 : lengths[0]!
  if (lengths.some((length) => length !== count)) throw new FunctionFault('the lists have different lengths')
  return Array.from({ length: count }, (_, index) =>
    formatText(
      template,
      values.map((value) => (Array.isArray(value) ? value[index]! : value)),
    ),
  )
}

/** Functions of strings. */
export const stringFunctions: Record<string, HclFunction> = {
  upper: hclFunction('upper(text)', ['string'], ([text]) => text.toUpperCase()),
  lower: hclFunction('lower(text)', ['string'], ([text]) => text.toLowerCase()),
  title: hclFunction('title(text)', ['string'], ([text]) =>
    text.replace(
      /(^|[^\p{L}\p{N}_'])(\p{L})/gu,
      (_, before: string, letter: string) => before + letter.toUpperCase(),
    ),
  ),
  trim: hclFunction('trim(text, characters)', ['string', 'string'], ([text, set]) =>
    trimSet(text, set, true, true),
  ),
  trimspace: hclFunction('trimspace(text)', ['string'], ([text]) => text.trim()),
  trimprefix: hclFunction('trimprefix(text, prefix)', ['string', 'string'], ([text, prefix]) =>
    text.startsWith(prefix) ? text.slice(prefix.length) : text,
  ),
  trimsuffix: hclFunction('trimsuffix(text, suffix)', ['string', 'string'], ([text, suffix]) =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  join: hclFunction(
    'join(separator, list)',
    ['string', 'strings'],
    ([separator, ...lists]) => lists.flat().join(separator),
    'strings',
  ),
  split: hclFunction('split(separator, text)', ['string', 'string'], ([separator, text]) =>
    separator === '' ? characters(text) : text.split(separator),
  ),
  replace: hclFunction('replace(text, search, replacement)', ['string', 'string', 'string'], (values) =>
    replace(...values),
  ),
  regex: hclFunction('regex(pattern, text)', ['string', 'string'], ([pattern, text]) => regex(pattern, text)),
  format: hclFunction(
    'format(template, values...)',
    ['string'],
    ([text, ...values]) => formatText(text, values),
    'any',
  ),
  formatlist: hclFunction(
    'formatlist(template, values...)',
    ['string'],
    ([text, ...values]) => formatList(text, values),
    'any',
  ),
  startswith: hclFunction('startswith(text, prefix)', ['string', 'string'], ([text, prefix]) =>
    text.startsWith(prefix),
  ),
  endswith: hclFunction('endswith(text, suffix)', ['string', 'string'], ([text, suffix]) =>
    text.endsWith(suffix),
  ),
  substr: hclFunction('substr(text, offset, length)', ['string', 'integer', 'integer'], (values) =>
    substring(...values),
  ),
  tostring: hclFunction('tostring(value)', ['any'], ([value]) => {
    if (value === null) return null
    const text = toText(value)
    if (text === undefined)
      throw new FunctionFault('cannot convert this to a string', {
        argument: 0,
        expected: 'a string, a number or a boolean',
      })
    return text
  }),
}
