import { z } from 'zod'
import { formatBytes, parseBytes } from '../core/bytes.js'
import { formatDuration, parseDuration } from '../core/duration.js'

/** The longest timer of Node: about 24 days. */
const LONGEST_MS = 2_147_483_647

/** Unit of a quantity. In a configuration it is written with its unit, or as a number of milliseconds or bytes. */
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

/** Schema of a duration within bounds in milliseconds; parses to milliseconds. */
export function durationWithin(least: number, most: number) {
  const longest = most === LONGEST_MS ? '24d' : formatDuration(most)
  const bounds = `of at least ${formatDuration(least)} and at most ${longest}`
  return quantity('duration', `a duration ${bounds}, such as "250ms" or "30s"`, (given) => {
    const ms = parseDuration(given)
    return ms !== undefined && ms >= least && ms <= most ? ms : undefined
  })
}

/** Schema of a duration that a timer can wait; parses to milliseconds. */
export const duration = durationWithin(0, LONGEST_MS)

/** Schema of a duration of at least `least` milliseconds that a timer can wait; parses to milliseconds. */
export function durationFrom(least: number) {
  return durationWithin(least, LONGEST_MS)
}

/** Schema of a size of at least `least` bytes; parses to bytes. */
export function sizeFrom(least: number) {
  return quantity('size', `a size of at least ${formatBytes(least)}, such as "64KB" or "16MB"`, (given) => {
    const bytes = parseBytes(given)
    return bytes !== undefined && bytes >= least ? bytes : undefined
  })
}

/** Schema of a size above zero; parses to bytes. */
export const size = sizeFrom(1)

/** Schema of the path of a file or folder, relative to the file that contains it; parses to an absolute path. */
export const path = z.string().min(1).meta({ path: 'any' })

/** Like `path`, for a file that must exist. */
export const filePath = z.string().min(1).meta({ path: 'file' })

/** Like `filePath`, for a file that the running gateway reads again by itself when it changes. */
export const rereadPath = z.string().min(1).meta({ path: 'file', isReread: true })
