import { JqError } from '../errors.js'
import { type BrokenDown, secondsOf } from './broken-down.js'
import { COMPOSED, MONTHS, WEEKDAYS } from './names.js'

/** The time zone of a text. */
export interface Zone {
  readonly name: string
  readonly offsetMinutes: number
}

export const UTC: Zone = { name: 'UTC', offsetMinutes: 0 }

type Conversion = (time: BrokenDown, zone: Zone) => string

const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  Y: ({ year }) => String(year),
  C: ({ year }) => two(Math.floor(year / 100)),
  y: ({ year }) => two(year % 100),
  m: ({ month }) => two(month + 1),
  d: ({ day }) => two(day),
  e: ({ day }) => String(day).padStart(2, ' '),
  H: ({ hours }) => two(hours),
  k: ({ hours }) => String(hours).padStart(2, ' '),
  I: ({ hours }) => two(hours % 12 || 12),
  l: ({ hours }) => String(hours % 12 || 12).padStart(2, ' '),
  M: ({ minutes }) => two(minutes),
  S: ({ seconds }) => two(Math.floor(seconds)),
  p: ({ hours }) => (hours < 12 ? 'AM' : 'PM'),
  P: ({ hours }) => (hours < 12 ? 'am' : 'pm'),
  a: ({ weekday }) => (WEEKDAYS[weekday] ?? '').slice(0, 3),
  A: ({ weekday }) => WEEKDAYS[weekday] ?? '',
  b: ({ month }) => (MONTHS[month] ?? '').slice(0, 3),
  B: ({ month }) => MONTHS[month] ?? '',
  j: ({ yearDay }) => String(yearDay + 1).padStart(3, '0'),
  u: ({ weekday }) => String(weekday || 7),
  w: ({ weekday }) => String(weekday),
  U: ({ yearDay, weekday }) => two(Math.floor((yearDay + 7 - weekday) / 7)),
  W: ({ yearDay, weekday }) => two(Math.floor((yearDay + 7 - ((weekday + 6) % 7)) / 7)),
  V: (time) => two(isoWeek(time).week),
  G: (time) => String(isoWeek(time).year),
  g: (time) => two(isoWeek(time).year % 100),
  s: (time) => String(secondsOf(time)),
  Z: (_time, { name }) => name,
  z: (_time, { offsetMinutes }) => {
    const size = Math.abs(offsetMinutes)
    return `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`
  },
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
}

/** As `strftime` of C in the locale "C". @throws JqError for a conversion that is not known */
export function formatTime(time: BrokenDown, format: string, zone: Zone): string {
  return format.replace(/%[EO]?([\s\S])/gu, (whole: string, letter: string) => {
    const composed = COMPOSED[letter]
    if (composed !== undefined) return formatTime(time, composed, zone)
    const conversion = CONVERSIONS[letter]
    if (conversion === undefined) throw new JqError(`${whole} is not a conversion of strftime`)
    return conversion(time, zone)
  })
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** ISO 8601: the week that has the Thursday. */
function isoWeek({ year, yearDay, weekday }: BrokenDown): { year: number; week: number } {
  const week = Math.floor((yearDay - ((weekday + 6) % 7) + 10) / 7)
  if (week < 1) return { year: year - 1, week: weeksIn(year - 1) }
  return week > weeksIn(year) ? { year: year + 1, week: 1 } : { year, week }
}

function weeksIn(year: number): number {
  const lastWeekday = (of: number) =>
    (of + Math.floor(of / 4) - Math.floor(of / 100) + Math.floor(of / 400)) % 7
  return lastWeekday(year) === 4 || lastWeekday(year - 1) === 3 ? 53 : 52
}
