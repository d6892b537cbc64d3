import { type BrokenDown, fromJson, local, secondsOf, toJson, utc } from '../dates/broken-down.js'
import { formatTime, UTC, type Zone } from '../dates/format.js'
import { parseTime } from '../dates/parse.js'
import { JqError } from '../errors.js'
import type { Json } from '../values/json.js'
import { describe } from '../values/text.js'
import type { ValueFunction } from './values.js'

/** `name/arity` of the functions of time. */
export const DATES: Readonly<Record<string, ValueFunction>> = {
  'gmtime/0': (input) => toJson(utc(seconds(input, 'gmtime'))),
  'localtime/0': (input) => toJson(local(seconds(input, 'localtime'))),
  'mktime/0': (input) => {
    if (!Array.isArray(input)) throw new JqError('mktime requires array inputs')
    return secondsOf(fromJson(input as Json, 'mktime'))
  },
  'strftime/1': (input, [format]) => formatted(input, format, 'strftime/1', utc, () => UTC),
  'strflocaltime/1': (input, [format]) => formatted(input, format, 'strflocaltime/1', local, zoneAt),
  'strptime/1': (input, [format], budget) => {
    if (typeof input !== 'string') throw new JqError(`strptime/1 requires string inputs and arguments`)
    if (typeof format !== 'string') throw new JqError(`strptime/1 requires string inputs and arguments`)
    return toJson(parseTime(input, format, budget))
  },
}

function seconds(value: Json, caller: string): number {
  if (typeof value !== 'number') throw new JqError(`${caller}() requires numeric inputs`)
  return value
}

function formatted(
  input: Json,
  format: Json | undefined,
  caller: string,
  convert: (seconds: number) => BrokenDown,
  zone: (time: BrokenDown) => Zone,
): string {
  if (typeof input !== 'number' && !Array.isArray(input))
    throw new JqError(`${caller} requires parsed datetime inputs`)
  if (typeof format !== 'string') throw new JqError(`${caller} requires a string format`)
  const time = typeof input === 'number' ? convert(input) : fromJson(input, caller)
  return formatTime(time, format, zone(time))
}

/** The zone of the process at a local time. */
function zoneAt(time: BrokenDown): Zone {
  const date = new Date(time.year, time.month, time.day, time.hours, time.minutes)
  const name = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
    .formatToParts(date)
    .find(({ type }) => type === 'timeZoneName')?.value
  return { name: name ?? describe(null), offsetMinutes: -date.getTimezoneOffset() }
}
