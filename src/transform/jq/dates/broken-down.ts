import { JqError } from '../errors.js'
import { isArray, type Json } from '../values/json.js'

/** A broken down time, in jq `[year, month 0-11, day, hours, minutes, seconds, weekday, day of the year]`. */
export interface BrokenDown {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
  readonly weekday: number
  readonly yearDay: number
}

const DAY_MS = 86_400_000

/** A time in UTC. @param seconds since 1970 */
export function utc(seconds: number): BrokenDown {
  const date = new Date(Math.floor(seconds) * 1_000)
  if (Number.isNaN(date.getTime()))
    throw new JqError('error converting number of seconds since epoch to datetime')
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth(),
    day: date.getUTCDate(),
    hours: date.getUTCHours(),
    minutes: date.getUTCMinutes(),
    seconds: date.getUTCSeconds() + (seconds - Math.floor(seconds)),
    weekday: date.getUTCDay(),
    yearDay: yearDayOf(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()),
  }
}

/** The same in the time zone of the process. */
export function local(seconds: number): BrokenDown {
  const date = new Date(Math.floor(seconds) * 1_000)
  return utc(seconds - date.getTimezoneOffset() * 60)
}

function yearDayOf(year: number, month: number, day: number): number {
  return Math.round((epochMs(year, month, day) - epochMs(year, 0, 1)) / DAY_MS)
}

function epochMs(year: number, month: number, day: number): number {
  // `Date.UTC` adds 1900 to the years 0 to 99.
  return new Date(0).setUTCFullYear(year, month, day)
}

export function secondsOf({ year, month, day, hours, minutes, seconds }: BrokenDown): number {
  return epochMs(year, month, day) / 1_000 + hours * 3_600 + minutes * 60 + Math.floor(seconds)
}

export function toJson(time: BrokenDown): Json {
  const { year, month, day, hours, minutes, seconds, weekday, yearDay } = time
  return [year, month, day, hours, minutes, seconds, weekday, yearDay]
}

/** @throws JqError if it is not a broken down time */
export function fromJson(value: Json, caller: string): BrokenDown {
  if (!isArray(value) || value.length < 3 || !value.every((part) => typeof part === 'number'))
    throw new JqError(`${caller} requires parsed datetime inputs`)
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = value as readonly number[]
  const normal = utc(epochMs(year, month, day) / 1_000)
  return {
    year: Math.trunc(year),
    month: Math.trunc(month),
    day: Math.trunc(day),
    hours: Math.trunc(hours),
    minutes: Math.trunc(minutes),
    seconds,
    weekday: (value[6] as number | undefined) ?? normal.weekday,
    yearDay: (value[7] as number | undefined) ?? normal.yearDay,
  }
}
