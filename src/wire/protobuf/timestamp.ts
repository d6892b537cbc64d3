/** The fields of google.protobuf.Timestamp and Duration. */
export interface Seconds {
  readonly seconds: number
  readonly nanos: number
}

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/
const DURATION = /^(-)?(\d{1,12})(?:\.(\d{1,9}))?s$/
/** 0001-01-01 to 9999-12-31, in seconds since the epoch. */
const EARLIEST = -62_135_596_800
const LATEST = 253_402_300_799
/** 10,000 years. */
const LONGEST = 315_576_000_000
const BILLION = 1_000_000_000

/** Reads a timestamp in RFC 3339, or a Date; `undefined` if it is neither, or out of range. */
export function parseTimestamp(value: unknown): Seconds | undefined {
  if (value instanceof Date) return fromMilliseconds(value.getTime())
  const parts = typeof value === 'string' ? TIMESTAMP.exec(value) : null
  if (parts === null) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  // JavaScript moves an invalid date, such as 30 February, to another month or day.
  if (
    date.getUTCMonth() !== month - 1 ||
    date.getUTCDate() !== day ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  )
    return undefined
  const offset = parts[8] === undefined ? 0 : offsetSeconds(parts[8], Number(parts[9]), Number(parts[10]))
  if (offset === undefined) return undefined
  const seconds = date.getTime() / 1000 - offset
  return seconds < EARLIEST || seconds > LATEST ? undefined : { seconds, nanos: nanosOf(parts[7]) }
}

/** Formats a timestamp in RFC 3339, in UTC, with 0, 3, 6 or 9 digits of a second; `undefined` if it is out of range. */
export function formatTimestamp({ seconds, nanos }: Seconds): string | undefined {
  if (seconds < EARLIEST || seconds > LATEST || nanos < 0 || nanos >= BILLION) return undefined
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction(nanos)}Z`
}

/** Reads a duration such as `"1.5s"`; `undefined` if it is not one, or out of range. */
export function parseDuration(value: unknown): Seconds | undefined {
  const parts = typeof value === 'string' ? DURATION.exec(value) : null
  if (parts === null) return undefined
  const sign = parts[1] === undefined ? 1 : -1
  const seconds = Number(parts[2])
  if (seconds > LONGEST) return undefined
  // `|| 0` turns a negative zero into 0.
  return { seconds: sign * seconds || 0, nanos: sign * nanosOf(parts[3]) || 0 }
}

/** Formats a duration such as `"1.5s"`; `undefined` if it is out of range, or its fields have different signs. */
export function formatDuration({ seconds, nanos }: Seconds): string | undefined {
  if (Math.abs(seconds) > LONGEST || Math.abs(nanos) >= BILLION || seconds * nanos < 0) return undefined
  return `${seconds < 0 || nanos < 0 ? '-' : ''}${Math.abs(seconds)}${fraction(Math.abs(nanos))}s`
}

function fromMilliseconds(ms: number): Seconds | undefined {
  const seconds = Math.floor(ms / 1000)
  // An invalid Date gives NaN, which is out of range.
  return seconds >= EARLIEST && seconds <= LATEST
    ? { seconds, nanos: (ms - seconds * 1000) * 1e6 }
    : undefined
}

function offsetSeconds(sign: string, hours: number, minutes: number): number | undefined {
  if (hours > 23 || minutes > 59) return undefined
  return (sign === '-' ? -1 : 1) * (hours * 3600 + minutes * 60)
}

function nanosOf(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(digits.padEnd(9, '0'))
}

function fraction(nanos: number): string {
  if (nanos === 0) return ''
  return `.${String(nanos)
    .padStart(9, '0')
    .replace(/(?:000){1,2}$/, '')}`
}
