import { z } from 'zod'
import { formatBytes, parseBytes } from '../core/bytes.js'
import { formatDuration, parseDuration } from '../core/duration.js'

/** Longer timers do not exist in Node: 24 days and a bit. */
const LONGEST_MS = 2_147_483_647

/** What a quantity is measured in. It is written with its unit, or as a number of milliseconds or bytes. */
export type Unit = 'duration' | 'size'

function quantity(unit: Unit, wanted: string, read: (given: unknown) => number | undefined) {
  const error = `expected ${wanted}`
  return z
    .union([z.string(), z.number()], { error })
    .transform((given, context) => {
      const value = read(given)
      if (value !== undefined) return value
      context.addIssue({ code: 'custom', message: `${error}, found ${JSON.stringify(given)}` })
      return z.NEVER
    })
    .meta({ unit })
}

/** A duration between two bounds in milliseconds; gives milliseconds. */
export function durationWithin(least: number, most: number) {
  const longest = most === LONGEST_MS ? '24d' : formatDuration(most)
  const bounds = `of at least ${formatDuration(least)} and at most ${longest}`
  return quantity('duration', `a duration ${bounds}, such as "250ms" or "30s"`, (given) => {
    const ms = parseDuration(given)
    return ms !== undefined && ms >= least && ms <= most ? ms : undefined
  })
}

/** A duration that a timer can wait; gives milliseconds. */
export const duration = durationWithin(0, LONGEST_MS)

/** A duration of at least so many milliseconds that a timer can wait; gives milliseconds. */
export function durationFrom(least: number) {
  return durationWithin(least, LONGEST_MS)
}

/** A size of at least so many bytes; gives bytes. */
export function sizeFrom(least: number) {
  return quantity('size', `a size of at least ${formatBytes(least)}, such as "64KB" or "16MB"`, (given) => {
    const bytes = parseBytes(given)
    return bytes !== undefined && bytes >= least ? bytes : undefined
  })
}

/** A size above zero; gives bytes. */
export const size = sizeFrom(1)

/** The path of a file or folder, relative to the file that names it; gives it absolute. */
export const path = z.string().min(1).meta({ path: 'any' })

/** As `path`, of a file that has to be there. */
export const filePath = z.string().min(1).meta({ path: 'file' })
