import { JqError } from '../errors.js'
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

const READINGS: Readonly<Record<string, Reading>> = {
  Y: ['[+-]?\\d{1,4}', (fields, text) => set(fields, 'year', text)],
  y: [
    '\\d{1,2}',
    (fields, text) => {
      fields.year = Number(text) + (Number(text) < 69 ? 2000 : 1900)
    },
  ],
  m: [
    '\\d{1,2}',
    (fields, text) => {
      fields.month = Number(text) - 1
    },
  ],
  d: ['\\d{1,2}', (fields, text) => set(fields, 'day', text)],
  e: [' ?\\d{1,2}', (fields, text) => set(fields, 'day', text)],
  H: ['\\d{1,2}', (fields, text) => set(fields, 'hours', text)],
  k: [' ?\\d{1,2}', (fields, text) => set(fields, 'hours', text)],
  I: ['\\d{1,2}', (fields, text) => set(fields, 'hours', text)],
  l: [' ?\\d{1,2}', (fields, text) => set(fields, 'hours', text)],
  M: ['\\d{1,2}', (fields, text) => set(fields, 'minutes', text)],
  S: ['\\d{1,2}', (fields, text) => set(fields, 'seconds', text)],
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
    '\\d{1,3}',
    (fields, text) => {
      fields.yearDay = Number(text) - 1
    },
  ],
  s: [
    '-?\\d+',
    (fields, text) => {
      fields.epoch = Number(text)
    },
  ],
  // The broken down time has no zone: what stands there is read, and does not count.
  Z: ['[A-Za-z]+', () => {}],
  z: ['Z|[+-]\\d{2}:?\\d{2}|[+-]\\d{2}', () => {}],
  u: ['[1-7]', () => {}],
  w: ['[0-6]', () => {}],
  n: ['\\s*', () => {}],
  t: ['\\s*', () => {}],
  '%': ['%', () => {}],
}

/** As `strptime` of C in the locale "C". @throws JqError where the text is not of the format */
export function parseTime(text: string, format: string): BrokenDown {
  const takes: ((fields: Fields, text: string) => void)[] = []
  const source = patternOf(format, takes)
  const match = new RegExp(`^${source}$`, 'i').exec(text)
  if (match === null) throw new JqError(`date "${text}" does not match format "${format}"`)
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
  for (const [index, take] of takes.entries()) take(fields, (match[index + 1] ?? '').trim())
  return timeOf(fields)
}

function patternOf(format: string, takes: ((fields: Fields, text: string) => void)[]): string {
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
