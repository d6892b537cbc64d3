import { isSecretName } from './secret-name.js'
import type { Headers } from './value.js'

/** The name of the method by which an object decides what `console.log` shows of it (`util.inspect.custom` of Node). */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom')

const CLASSES = new Map<string, new () => object>()

/**
 * What `console.log` shows instead of an object: these fields under the name of its class. Fields that are `undefined`
 * are left out. The name is given, because a bundler may have shortened that of the class.
 */
export function shownAs(name: string, fields: object): object {
  let Shown = CLASSES.get(name)
  if (Shown === undefined) {
    Shown = { [name]: class {} }[name]!
    CLASSES.set(name, Shown)
  }
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.assign(new Shown(), Object.fromEntries(shown))
}

/** The headers of a message, those with a secret masked; `undefined` where there are none. */
export function shownHeaders(headers: Headers): Headers | undefined {
  const entries = Object.entries(headers)
  if (entries.length === 0) return undefined
  return Object.fromEntries(entries.map(([name, value]) => [name, isSecretName(name) ? '***' : value]))
}

/** The value of a message; of one that cannot be read, the reason. */
export function shownValue(read: () => unknown): { readonly value: unknown } | { readonly error: unknown } {
  try {
    return { value: read() }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

/** What is of use to programs alone. The message of a ConfigError holds its diagnostics. */
const NOT_SHOWN = ['name', 'fault', 'errorClass', 'diagnostics']
/** Most messages hold these. */
const IN_MESSAGE = ['reason', 'operation', 'topic', 'queue']

/** What `console.log` shows of an error of the gateway: its stack, and the fields that its message does not say. */
export function shownError(error: Error): Error {
  const shown = Object.create(Object.getPrototypeOf(error)) as Error
  const hidden = { writable: true, configurable: true, enumerable: false }
  // Shows by itself, or Node would ask it again what to show.
  Object.defineProperty(shown, INSPECT, { ...hidden, value: undefined })
  for (const key of ['name', 'message', 'stack', 'cause'] as const)
    if (error[key] !== undefined) Object.defineProperty(shown, key, { ...hidden, value: error[key] })
  const fields = Object.entries(error).filter(
    ([key, value]) =>
      !NOT_SHOWN.includes(key) &&
      value !== undefined &&
      value !== '' &&
      !(IN_MESSAGE.includes(key) && error.message.includes(value)),
  )
  return Object.assign(shown, Object.fromEntries(fields))
}
