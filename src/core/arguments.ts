import { didYouMean } from './did-you-mean.js'
import { parseDuration } from './duration.js'
import { ConfigError } from './errors/config.js'
import type { ErrorContext } from './errors/context.js'

/** What an argument must be. */
export interface Expected {
  /** In words: completes "expected …". */
  readonly what: string
  is(value: unknown): boolean
  /** The value may be secret: errors show only its type. */
  readonly isSecret?: boolean
}

/** All options of one method, and what each must be. An option that is `undefined` counts as absent. */
export type ExpectedOptions = Readonly<Record<string, Expected>>

export const NAME: Expected = {
  what: 'text that is not empty',
  is: (value) => typeof value === 'string' && value !== '',
}
export const TEXT: Expected = { what: 'text', is: (value) => typeof value === 'string' }
export const FLAG: Expected = { what: 'true or false', is: (value) => typeof value === 'boolean' }
export const FUNCTION: Expected = { what: 'a function', is: (value) => typeof value === 'function' }
export const ANYTHING: Expected = { what: 'anything', is: () => true }
export const DURATION: Expected = {
  what: 'milliseconds from 0 or text such as "250ms" or "30s"',
  is: (value) => parseDuration(value) !== undefined,
}
export const SIGNAL: Expected = {
  what: 'an AbortSignal',
  is: (value) =>
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<AbortSignal>).aborted === 'boolean' &&
    typeof (value as Partial<AbortSignal>).addEventListener === 'function',
}
export const COUNT: Expected = {
  what: 'a whole number from 1',
  is: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
}
export const COUNT_OR_INFINITY: Expected = {
  what: 'a whole number from 1, or Infinity',
  is: (value) => value === Number.POSITIVE_INFINITY || COUNT.is(value),
}
export const HEADERS: Expected = {
  what: 'an object whose values are text',
  is: (value) => isRecord(value) && Object.values(value).every((text) => typeof text === 'string'),
  isSecret: true,
}
export const RECORD: Expected = { what: 'an object', is: isRecord, isSecret: true }

export function oneOf(...values: readonly (string | number)[]): Expected {
  const words = values.map((value) => JSON.stringify(value))
  const what = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
  return { what, is: (value) => values.includes(value as string) }
}

/** Names that other libraries use for our options, for the hint in an error. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ttl: 'expiry',
  expiration: 'expiry',
  expires: 'expiry',
  retained: 'retain',
  prefetch: 'concurrency',
  abortSignal: 'signal',
  deadline: 'timeout',
  metadata: 'headers',
  retries: 'maxDeliveries',
}

/** Checks one argument. @throws ConfigError with what was found and what was expected */
export function checkArgument(
  method: string,
  name: string,
  value: unknown,
  expected: Expected,
  context?: ErrorContext,
): void {
  let isRight: boolean
  try {
    isRight = expected.is(value)
  } catch {
    isRight = false
  }
  if (isRight) return
  throw wrong(`${method}: ${name}: expected ${expected.what}, found ${shown(value, expected)}`, context)
}

/**
 * Checks a list and returns its items, read once each. A missing item is `undefined`.
 * @throws ConfigError as `checkArgument`, and for more than `most` items
 */
export function listItems<T>(
  method: string,
  name: string,
  list: readonly T[],
  expected: Expected,
  most: number,
  context?: ErrorContext,
): (T | undefined)[] {
  checkArgument(method, name, list, expected, context)
  try {
    const { length } = list
    // Checked first, because a list without items may have any length.
    if (!(length <= most))
      throw wrong(`${method}: ${name}: expected at most ${most} items, found ${length}`, context)
    const items: (T | undefined)[] = []
    for (let i = 0; i < length; i++) items.push(list[i])
    return items
  } catch (error) {
    throw unreadable(method, name, error, context)
  }
}

/** Reads members of an object, inherited ones too. @throws ConfigError if one cannot be read */
export function readMembers<T extends object, const K extends keyof T>(
  method: string,
  holder: T,
  names: readonly K[],
  context?: ErrorContext,
): Pick<T, K> {
  try {
    return Object.fromEntries(names.map((name) => [name, holder[name]])) as Pick<T, K>
  } catch (error) {
    throw unreadable(method, 'members', error, context)
  }
}

/** Returns the error of an argument whose getters or proxy threw. */
function unreadable(
  method: string,
  name: string,
  error: unknown,
  context: ErrorContext | undefined,
): ConfigError {
  return error instanceof ConfigError
    ? error
    : wrong(`${method}: ${name}: cannot be read`, { ...context, cause: error })
}

/**
 * Checks the options of a method; `undefined` is valid.
 * @throws ConfigError as `checkArgument`, and for unknown options
 */
export function checkOptions(
  method: string,
  options: unknown,
  expected: ExpectedOptions,
  context?: ErrorContext,
): void {
  if (options === undefined) return
  try {
    if (
      typeof options !== 'object' ||
      options === null ||
      Array.isArray(options) ||
      ArrayBuffer.isView(options)
    )
      throw wrong(`${method}: options: expected an object, found ${shown(options, ANYTHING)}`, context)
    for (const name in options) {
      const value = (options as Readonly<Record<string, unknown>>)[name]
      if (!Object.hasOwn(expected, name)) throw unknownOption(method, name, expected, context)
      if (value !== undefined && !expected[name]!.is(value))
        checkArgument(method, `option "${name}"`, value, expected[name]!, context)
    }
  } catch (error) {
    throw unreadable(method, 'options', error, context)
  }
}

function unknownOption(
  method: string,
  name: string,
  expected: ExpectedOptions,
  context: ErrorContext | undefined,
): ConfigError {
  const names = Object.keys(expected)
  const other = Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name] : undefined
  const meant = other !== undefined && names.includes(other) ? other : didYouMean(name, names)
  const hint = meant === undefined ? `expected one of ${names.join(', ')}` : `did you mean "${meant}"?`
  return wrong(`${method}: unknown option ${JSON.stringify(name)}; ${hint}`, context)
}

function wrong(message: string, context?: ErrorContext): ConfigError {
  return new ConfigError(message, [], { ...context, fault: 'local' })
}

const LONGEST_SHOWN = 60

/** Formats a value for an error message. Never throws, even for a revoked proxy. */
function shown(value: unknown, { isSecret }: Pick<Expected, 'isSecret'> = {}): string {
  if (value === null || value === undefined) return String(value)
  if (isList(value)) return 'a list'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string' || isSecret === true)
    return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
  const text = JSON.stringify(value)
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`
}

/** `Array.isArray` throws for a revoked proxy; this returns false. */
function isList(value: unknown): boolean {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

/** Makes the error for an unknown name; suggests the nearest known one, else lists all. @param thing as "event" */
export function unknownName(
  method: string,
  thing: string,
  name: unknown,
  names: Iterable<string>,
): ConfigError {
  const known = [...names]
  const near = typeof name === 'string' ? didYouMean(name, known) : undefined
  const choices = known.length === 0 ? 'there are none' : `expected one of ${known.join(', ')}`
  const hint = near === undefined ? choices : `did you mean "${near}"?`
  return wrong(`${method}: there is no ${thing} ${shown(name)}; ${hint}`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Map)
    return false
  // Bytes have an enumerable key each, and there may be billions.
  return !ArrayBuffer.isView(value)
}
