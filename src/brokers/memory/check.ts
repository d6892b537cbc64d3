import type { Frame } from './frame.js'
import type { ToBroker } from './line.js'

type Fields = Readonly<Record<string, unknown>>

const MOST_ENTRIES = 100_000
const LONGEST_NAME = 65_535

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isOptionalCount = (value: unknown): boolean => value === undefined || isCount(value)
const isDuration = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0
const isText = (value: unknown): boolean => typeof value === 'string'
const isFlag = (value: unknown): boolean => value === undefined || typeof value === 'boolean'
const isHeaders = (value: unknown): boolean =>
  value === undefined || (isObject(value) && Object.values(value).every((text) => typeof text === 'string'))
const isRpcFault = (value: unknown): boolean =>
  value === undefined ||
  (isObject(value) && Number.isSafeInteger(value.code) && typeof value.message === 'string')

// A Map, so that an operation named "constructor" is unknown.
const CHECKS: ReadonlyMap<unknown, (e: Fields) => boolean> = new Map([
  ['ping', (e: Fields) => isCount(e.id)],
  [
    'publish',
    (e: Fields) =>
      isCount(e.id) &&
      isText(e.topic) &&
      isCount(e.size) &&
      isFlag(e.retain) &&
      isHeaders(e.headers) &&
      (e.expiresAt === undefined || isDuration(e.expiresAt)),
  ],
  ['subscribe', (e: Fields) => isCount(e.id) && isCount(e.subscription) && isText(e.pattern)],
  ['unsubscribe', (e: Fields) => isCount(e.id) && isCount(e.subscription)],
  ['finish', (e: Fields) => isCount(e.id) && isCount(e.subscription)],
  ['credit', (e: Fields) => isCount(e.subscription) && isCount(e.messages) && isCount(e.bytes)],
  [
    'enqueue',
    (e: Fields) =>
      isCount(e.id) &&
      isText(e.queue) &&
      isCount(e.size) &&
      isHeaders(e.headers) &&
      (e.delayMs === undefined || isDuration(e.delayMs)) &&
      (e.operation === undefined || (isText(e.operation) && (e.operation as string).length <= LONGEST_NAME)),
  ],
  ['consume', (e: Fields) => isCount(e.id) && isCount(e.consumer) && isText(e.queue)],
  ['request', (e: Fields) => isCount(e.consumer) && isCount(e.count)],
  ['unconsume', (e: Fields) => isCount(e.id) && isCount(e.consumer)],
  ['ack', (e: Fields) => isCount(e.id) && isCount(e.tag)],
  ['undelivered', (e: Fields) => isCount(e.id) && isCount(e.tag)],
  ['nack', (e: Fields) => isCount(e.id) && isCount(e.tag) && isDuration(e.delayMs)],
  ['serve', (e: Fields) => isCount(e.id) && isCount(e.service) && isText(e.method)],
  ['unserve', (e: Fields) => isCount(e.id) && isCount(e.service)],
  [
    'call',
    (e: Fields) => isCount(e.id) && isText(e.method) && isDuration(e.deadline) && isFlag(e.notification),
  ],
  ['decline', (e: Fields) => isCount(e.request) && isFlag(e.busy)],
  [
    'answer',
    (e: Fields) =>
      isCount(e.request) && isOptionalCount(e.id) && isOptionalCount(e.weight) && isRpcFault(e.fault),
  ],
  ['took', (e: Fields) => isCount(e.weight)],
])

/**
 * Validates a message received on a port.
 * @returns the frame, or why it is invalid; the reason never quotes payloads
 */
export function checkFrame(data: unknown): Frame<ToBroker> | string {
  if (!isObject(data)) return `expected a frame, found ${data === null ? 'null' : typeof data}`
  const { entries, bytes } = data
  if (!Array.isArray(entries)) return 'expected a list of entries in the frame'
  if (entries.length > MOST_ENTRIES)
    return `expected at most ${MOST_ENTRIES} entries in a frame, found ${entries.length}`
  if (bytes !== undefined && !(bytes instanceof ArrayBuffer)) return 'expected the bytes in an ArrayBuffer'
  let size = 0
  for (const entry of entries) {
    if (!isObject(entry)) return 'expected an object as entry'
    const check = CHECKS.get(entry.op)
    if (!check)
      return `unknown operation ${typeof entry.op === 'string' ? JSON.stringify(entry.op.slice(0, 40)) : typeof entry.op}`
    if (!check(entry)) return `a "${entry.op}" entry has invalid fields`
    // Only these two have a payload. A size on another entry would shift the payloads behind it.
    if (entry.op === 'publish' || entry.op === 'enqueue') size += entry.size as number
    else if (entry.size !== undefined) return `a "${entry.op}" entry cannot have a payload`
  }
  const found = bytes === undefined ? 0 : bytes.byteLength
  if (size !== found) return `expected ${size} bytes of payload in the frame, found ${found}`
  return data as unknown as Frame<ToBroker>
}

/** Returns why `name` is not a valid name of a queue or method, or undefined if it is. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'the name is empty'
  if (name.length > LONGEST_NAME) return `the name is longer than ${LONGEST_NAME} characters`
  return undefined
}
