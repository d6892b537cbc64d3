import { inspect } from 'node:util'
import { isSecretName } from '../core/secret-name.js'

const LONGEST = 500
const DEEPEST = 3
const MOST_MEMBERS = 20
const MASK = '***'

/**
 * Describes a thrown value that is not an Error: by its `message` if it has one, otherwise by its members, with secrets
 * masked, unless it says itself how it reads as text. Never throws.
 */
export function describeThrown(thrown: unknown): string {
  try {
    return cut(isObject(thrown) ? describeObject(thrown) : String(thrown))
  } catch {
    return tagOf(thrown)
  }
}

function describeObject(thrown: object): string {
  const { message } = thrown as { message?: unknown }
  if (typeof message === 'string' && message !== '') return message
  const { toString: own } = thrown
  if (typeof own === 'function' && own !== Object.prototype.toString && !Array.isArray(thrown))
    return String(thrown)
  const options = { depth: DEEPEST, breakLength: Number.POSITIVE_INFINITY, customInspect: false }
  return inspect(shown(thrown, 0), options)
}

/** Copies what is shown of a value. Copies no further than `DEEPEST`, which also ends cycles. */
function shown(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cut(value)
  if (typeof value === 'function') return '[function]'
  if (!isObject(value)) return value
  if (value instanceof Error) return cut(value.message)
  if (value instanceof Date || value instanceof RegExp) return value
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (depth === DEEPEST) return '…'
  if (Array.isArray(value)) return value.slice(0, MOST_MEMBERS).map((item) => shown(item, depth + 1))
  const members = Object.entries(value).slice(0, MOST_MEMBERS)
  return Object.fromEntries(
    members.map(([name, member]) => [name, isSecretName(name) ? MASK : shown(member, depth + 1)]),
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

function tagOf(thrown: unknown): string {
  try {
    return Object.prototype.toString.call(thrown)
  } catch {
    return 'a value that cannot be shown'
  }
}
