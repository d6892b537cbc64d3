import { types } from 'node:util'
import { ConfigError } from '../core/errors/config.js'
import { AuthError, ConnectionError } from '../core/errors/connection.js'
import { ActorCrashedError, ShutdownError } from '../core/errors/lifecycle.js'
import { CircuitOpenError, MailboxFullError, RateLimitedError } from '../core/errors/limits.js'
import { CancelledError, SerializeError, TimeoutError, UnsupportedError } from '../core/errors/operation.js'
import { PublishError, SubscribeError } from '../core/errors/pubsub.js'
import { AckError, DequeueError, EnqueueError } from '../core/errors/queue.js'
import { RpcError } from '../core/errors/rpc.js'
import { describeThrown } from './describe-thrown.js'

/**
 * An error as plain data, the only form in which errors cross to another thread. A port keeps only the name, message
 * and stack of an Error, not its class and fields.
 */
export interface ErrorRecord {
  /** The class to restore. An unknown name becomes a plain Error of that name. */
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly cause?: ErrorRecord
}

const CLASSES: Readonly<Record<string, { readonly prototype: Error }>> = {
  ConnectionError,
  TimeoutError,
  CircuitOpenError,
  AuthError,
  RpcError,
  SerializeError,
  PublishError,
  SubscribeError,
  EnqueueError,
  DequeueError,
  AckError,
  ActorCrashedError,
  MailboxFullError,
  RateLimitedError,
  UnsupportedError,
  CancelledError,
  ShutdownError,
  ConfigError,
  TypeError,
  RangeError,
  SyntaxError,
}

const DEEPEST_CAUSE = 8
/** The longest message or stack that crosses, in characters. */
const LONGEST_TEXT = 65_536
const NOT_FIELDS = new Set(['name', 'message', 'stack', 'cause'])

/** Converts any thrown value to a record. Leaves out fields that cannot be cloned. Never throws. */
export function encodeError(thrown: unknown, depth = 0): ErrorRecord {
  if (!isError(thrown)) return { name: 'Error', message: describeThrown(thrown), fields: {} }
  const fields: Record<string, unknown> = {}
  for (const key of keysOf(thrown)) {
    if (NOT_FIELDS.has(key)) continue
    const value = cloneable(read(thrown, key))
    if (value !== UNCLONEABLE) fields[key] = value
  }
  const stack = read(thrown, 'stack')
  const cause = read(thrown, 'cause')
  return {
    name: text(read(thrown, 'name'), 'Error'),
    message: text(read(thrown, 'message'), ''),
    fields,
    ...(typeof stack === 'string' && { stack: cut(stack) }),
    ...(cause !== undefined && depth < DEEPEST_CAUSE && { cause: encodeError(cause, depth + 1) }),
  }
}

/** The message of any thrown value. Never throws. */
export function messageOf(thrown: unknown): string {
  return isError(thrown) ? text(read(thrown, 'message'), '') : describeThrown(thrown)
}

/** Whether a value is an Error, also of another realm. `instanceof` throws for some proxies. */
function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error || types.isNativeError(thrown)
  } catch {
    return false
  }
}

/** Reads a field; returns `undefined` if its getter throws. */
function read(thrown: Error, key: string): unknown {
  try {
    return (thrown as unknown as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function keysOf(thrown: Error): string[] {
  try {
    return Object.keys(thrown)
  } catch {
    return []
  }
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? cut(value) : otherwise
}

/** Keeps the start of a text, because the other thread copies all of it at once. */
function cut(value: string): string {
  return value.length <= LONGEST_TEXT ? value : `${value.slice(0, LONGEST_TEXT)}…`
}

/** Restores an error with its class, fields, stack and cause. @param integration set as its field if that is empty */
export function decodeError(record: ErrorRecord, integration = ''): Error {
  const known = Object.hasOwn(CLASSES, record.name) ? CLASSES[record.name] : undefined
  const error = Object.create(known?.prototype ?? Error.prototype) as Error & Record<string, unknown>
  const hidden = { writable: true, configurable: true, enumerable: false }
  Object.defineProperty(error, 'message', { ...hidden, value: record.message })
  Object.defineProperty(error, 'stack', {
    ...hidden,
    value: record.stack ?? `${record.name}: ${record.message}`,
  })
  if (record.cause !== undefined)
    Object.defineProperty(error, 'cause', { ...hidden, value: decodeError(record.cause) })
  error.name = record.name
  for (const [key, value] of Object.entries(record.fields))
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: true })
  if (integration !== '' && error.integration === '') error.integration = integration
  return error
}

const UNCLONEABLE = Symbol('uncloneable')

function cloneable(value: unknown): unknown {
  if (
    value === null ||
    (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol')
  )
    return value
  try {
    return structuredClone(value)
  } catch {
    return UNCLONEABLE
  }
}
