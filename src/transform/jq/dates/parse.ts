import type { Budget } from '../budget.js'
import { JqError } from '../errors.js'
import { Regex } from '../regex/regex.js'
import { type BrokenDown, secondsOf, utc } from './broken-down.js'
import { COMPOSED, MONTHS, WEEKDAYS } from './names.js'

type Fields = {
  year: number
  month: number
  day: number
  hours: number
  minutes: number
  seconds: number
  afternoon: boolean | undefined
  epoch: number | undefined
  yearDay: number | undefined
}

type Reading = readonly [pattern: string, take: (fields: Fields, text: string) => void]

const OPTIONS = { ignoresCase: true, isExtended: false, dotsMatchLineBreaks: false, refusesEmpty: false }

const READINGS: Readonly<Record<string, Reading>> = {
  Y: ['[+-]?[0-9]{1,4}', (fields, text) => set(fields, 'year', text)],
  y: [
    '[0-9]{1,2}',
    (fields, text) => {
      fields.year = Number(text) + (Number(text) < 69 ? 2000 : 1900)
    },
  ],
  m: [
    '[0-9]{1,2}',
    (fields, text) => {
      fields.month = Number(text) - 1
    },
  ],
  d: ['[0-9]{1,2}', (fields, text) => set(fields, 'day', text)],
  e: [' ?[0-9]{1,2}', (fields, text) => set(fields, 'day', text)],
  H: ['[0-9]{1,2}', (fields, text) => set(fields, 'hours', text)],
  k: [' ?[0-9]{1,2}', (fields, text) => set(fields, 'hours', text)],
  I: ['[0-9]{1,2}', (fields, text) => set(fields, 'hours', text)],
  l: [' ?[0-9]{1,2}', (fields, text) => set(fields, 'hours', text)],
  M: ['[0-9]{1,2}', (fields, text) => set(fields, 'minutes', text)],
  S: ['[0-9]{1,2}', (fields, text) => set(fields, 'seconds', text)],
  p: [
    '[AaPp][Mm]',
    (fields, text) => {
      fields.afternoon = /^p/i.test(text)
    },
  ],
  b: [
    names(MONTHS),
    (fields, text) => {
      fields.month = indexOf(MONTHS, text)
    },
  ],
  B: [
    names(MONTHS),
    (fields, text) => {
      fields.month = indexOf(MONTHS, text)
    },
  ],
  a: [names(WEEKDAYS), () => {}],
  A: [names(WEEKDAYS), () => {}],
  j: [
    '[0-9]{1,3}',
    (fields, text) => {
      fields.yearDay = Number(text) - 1
    },
  ],
  s: [
    '-?[0-9]+',
    (fields, text) => {
      fields.epoch = Number(text)
    },
  ],
  // A broken down time has no zone, so the name of the zone is read and ignored.
  Z: ['[A-Za-z]+', () => {}],
  z: ['Z|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2}', () => {}],
  u: ['[1-7]', () => {}],
  w: ['[0-6]', () => {}],
  n: ['\\s*', () => {}],
  t: ['\\s*', () => {}],
  '%': ['%', () => {}],
}

interface Format {
  readonly regex: Regex
  readonly takes: readonly Reading[1][]
}

const MOST_KEPT = 100
const kept = new Map<string, Format>()

/** As `strptime` of C in the locale "C". @throws JqError if the text does not have the format, JqLimitError */
export function parseTime(text: string, format: string, budget: Budget): BrokenDown {
  const { regex, takes } = formatOf(format)
  const places = regex.find(text, 0, budget)
  if (places === undefined) throw new JqError(`date "${text}" does not match format "${format}"`)
  const fields: Fields = {
    year: 1900,
    month: 0,
    day: 0,
    hours: 0,
    minutes: 0,
    seconds: 0,
    afternoon: undefined,
    epoch: undefined,
    yearDay: undefined,
  }
  for (const [index, take] of takes.entries())
    take(fields, text.slice(places[2 * index + 2], places[2 * index + 3]).trim())
  return timeOf(fields)
}

/** A format may repeat spaces, which is why the budget bounds the search. */
function formatOf(format: string): Format {
  const known = kept.get(format)
  if (known !== undefined) return known
  const takes: Reading[1][] = []
  const source = `^${patternOf(format, takes)}\\z`
  const made = { regex: new Regex(source, OPTIONS), takes }
  if (kept.size >= MOST_KEPT) kept.clear()
  kept.set(format, made)
  return made
}

function patternOf(format: string, takes: Reading[1][]): string {
  return format.replace(/%[EO]?([\s\S])|\s+|[^%\s]/gu, (part: string, letter: string | undefined) => {
    if (letter === undefined) return /\s/.test(part) ? '\\s*' : part.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
    const composed = COMPOSED[letter]
    if (composed !== undefined) return patternOf(composed, takes)
    const reading = READINGS[letter]
    if (reading === undefined) throw new JqError(`${part} is not a conversion of strptime`)
    takes.push(reading[1])
    return `(${reading[0]})`
  })
}

function timeOf(fields: Fields): BrokenDown {
  if (fields.epoch !== undefined) return utc(fields.epoch)
  const { year, month, minutes, seconds, afternoon, yearDay } = fields
  const hours = afternoon === undefined ? fields.hours : (fields.hours % 12) + (afternoon ? 12 : 0)
  const day = fields.day
  const start = yearDay === undefined ? { month, day } : { month: 0, day: yearDay + 1 }
  const plain = { year, ...start, hours, minutes, seconds, weekday: 0, yearDay: 0 }
  const normal = utc(secondsOf(plain))
  return yearDay === undefined
    ? { ...plain, weekday: normal.weekday, yearDay: normal.yearDay }
    : { ...normal, seconds }
}

function set(fields: Fields, name: 'year' | 'day' | 'hours' | 'minutes' | 'seconds', text: string): void {
  fields[name] = Number(text)
}

function names(all: readonly string[]): string {
  return [...all, ...all.map((name) => name.slice(0, 3))].join('|')
}

function indexOf(all: readonly string[], text: string): number {
  return all.findIndex((name) => name.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase())
}
