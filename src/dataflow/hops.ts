import { ConfigError } from '../core/errors/config.js'
import type { Headers } from '../core/value.js'

/** The actions through which an event came to be, oldest first. Carried along to find loops at run time. */
export type Hops = readonly string[]

/** The header in which messages of actions carry their hops. */
export const HOPS_HEADER = 'nemo-actions'

/** How many actions may follow from each other. A longer chain is taken for a loop. */
export const MAX_HOPS = 16

/** The longest header that is read, in characters. */
const LONGEST = 8_192

export const NO_HOPS: Hops = []

/** Adds an action. @throws ConfigError that names the loop if there are too many */
export function hop(hops: Hops, action: string): Hops {
  if (hops.length < MAX_HOPS) return [...hops, action]
  const last = hops.lastIndexOf(action)
  const cycle = [...hops.slice(last === -1 ? 0 : last), action].map((name) => `action.${name}`).join(' → ')
  throw new ConfigError(
    `stopped after ${MAX_HOPS} actions that follow from each other: ${cycle} is a loop`,
    [],
    { fault: 'local' },
  )
}

/** Writes hops as the value of a header. */
export function writeHops(hops: Hops): string {
  return hops.map(encodeURIComponent).join(',')
}

/** Adds the header that counts the hops. */
export function withHops(headers: Headers | undefined, hops: Hops): Headers {
  return { ...headers, [HOPS_HEADER]: writeHops(hops) }
}

/** Reads the hops of a message. A header that anybody may have written never throws. */
export function readHops(headers: Headers | undefined): Hops {
  const text = headers?.[HOPS_HEADER]
  if (text === undefined || text === '') return NO_HOPS
  const names = text.slice(0, LONGEST).split(',', MAX_HOPS)
  return names.map((name) => {
    try {
      return decodeURIComponent(name)
    } catch {
      return name
    }
  })
}
