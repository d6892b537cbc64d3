import { isSecretName } from './secret-name.js'
import type { Headers } from './value.js'

/** The method that returns what `console.log` shows for an object (`util.inspect.custom` of Node). */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom')

const CLASSES = new Map<string, new () => object>()

/**
 * Makes the object that `console.log` shows: these fields, without those that are `undefined`, under a class name. The
 * caller passes the name because a minifier may have shortened that of the class.
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

/** The headers of a message with secrets masked; `undefined` if there are none. */
export function shownHeaders(headers: Headers): Headers | undefined {
  const entries = Object.entries(headers)
  if (entries.length === 0) return undefined
  return Object.fromEntries(entries.map(([name, value]) => [name, isSecretName(name) ? '***' : value]))
}

/** Reads the value of a message; returns the reason if it cannot be decoded. */
export function shownValue(read: () => unknown): { readonly value: unknown } | { readonly error: unknown } {
  try {
    return { value: read() }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

/** Fields that only programs need. The message of a ConfigError contains its diagnostics. */
const NOT_SHOWN = ['name', 'fault', 'errorClass', 'diagnostics']
/** Fields that most messages contain. */
const IN_MESSAGE = ['reason', 'operation', 'topic', 'queue']

/** Makes what `console.log` shows for an error of the gateway: its stack, and the fields that its message lacks. */
export function shownError(error: Error): Error {
  const shown = Object.create(Object.getPrototypeOf(error)) as Error
  const hidden = { writable: true, configurable: true, enumerable: false }
  // Hides the inherited method, which Node would call again for this copy.
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
