import { types } from 'node:util'
import { SerializeError } from './errors/operation.js'
import { setMember } from './set-member.js'
import { step } from './value-path.js'

/** How deep arrays and objects may be nested. Wire formats have the same limit. */
export const MOST_DEPTH = 128
/** The longest path in an error, in characters. */
const LONGEST_PATH = 400
/**
 * The most objects and arrays in a value, and items in an array. Ends the copy of a value whose `toJSON` never stops.
 */
const MOST_PARTS = 10_000_000

/**
 * Copies a value into plain objects, arrays, bytes, dates and primitives, as `JSON.stringify` would write it. A part
 * that the value contains several times is copied once.
 * @throws SerializeError naming the member that cannot be sent
 */
export function plainValue(value: unknown): unknown {
  try {
    return new PlainCopy().of(value, '', '$', MOST_DEPTH)
  } catch (error) {
    if (error instanceof SerializeError) throw error
    // Any access to a proxy may throw.
    throw refused('$', 'it cannot be read', error)
  }
}

class PlainCopy {
  readonly #done = new Map<object, unknown>()
  /** The objects on the current path, with their paths: finds cycles. */
  readonly #open = new Map<object, string>()
  #parts = MOST_PARTS

  of(value: unknown, key: string, path: string, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return primitive(value, key, path)
    const known = this.#done.get(value)
    if (known !== undefined) return known
    if (isLeaf(value)) return value
    const above = this.#open.get(value)
    if (above !== undefined) throw refused(path, `a cycle, it refers back to ${shortened(above)}`)
    if (depth === 0) throw refused(path, `nested deeper than ${MOST_DEPTH} levels`)
    if (--this.#parts < 0) throw tooMany(path)
    this.#open.set(value, path)
    const copy = this.#copy(value, key, path, depth - 1)
    this.#open.delete(value)
    this.#done.set(value, copy)
    return copy
  }

  #copy(holder: object, key: string, path: string, depth: number): unknown {
    const toJSON: unknown = read(holder, 'toJSON', path)
    if (typeof toJSON !== 'function') return this.#members(holder, path, depth)
    let meant: unknown
    try {
      meant = toJSON.call(holder, key)
    } catch (cause) {
      throw refused(path, 'its toJSON() threw an error', cause)
    }
    // toJSON is not called on the result of toJSON, but it is called on its members (ECMA-262, SerializeJSONProperty).
    if (typeof meant !== 'object' || meant === null) return plainPrimitive(meant, path)
    if (isLeaf(meant)) return meant
    if (meant !== holder && this.#open.has(meant))
      throw refused(path, `a cycle, it refers back to ${this.#open.get(meant)}`)
    return this.#members(meant, path, depth)
  }

  #members(holder: object, path: string, depth: number): unknown {
    if (Array.isArray(holder) && holder.length > this.#parts) throw tooMany(path)
    if (Array.isArray(holder))
      return Array.from(holder, (item: unknown, i) => this.of(item, String(i), `${path}[${i}]`, depth))
    const fault = instanceFault(holder)
    if (fault !== undefined) throw refused(path, fault)
    if (types.isBoxedPrimitive(holder)) return plainPrimitive(holder.valueOf(), path)
    const copy: Record<string, unknown> = {}
    for (const key of Object.keys(holder)) {
      const place = `${path}${step(key)}`
      const found = read(holder, key, place)
      // Skip the method of an object that a toJSON has returned: it is not data.
      if (key === 'toJSON' && typeof found === 'function') continue
      setMember(copy, key, this.of(found, key, place, depth))
    }
    return copy
  }
}

function read(holder: object, key: string, path: string): unknown {
  try {
    return (holder as Record<string, unknown>)[key]
  } catch (cause) {
    throw refused(path, 'it cannot be read', cause)
  }
}

function primitive(value: unknown, key: string, path: string): unknown {
  if (typeof value !== 'bigint') return plainPrimitive(value, path)
  // Use the toJSON that many programs add to BigInt.prototype.
  const { toJSON } = value as { toJSON?: unknown }
  return typeof toJSON === 'function' ? plainPrimitive(toJSON.call(value, key), path) : value
}

function plainPrimitive(value: unknown, path: string): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw refused(path, `a ${typeof value}`)
  return value
}

/** Whether a value crosses unchanged: bytes, and dates without their own `toJSON`. */
function isLeaf(value: object): boolean {
  return (
    value instanceof Uint8Array ||
    (value instanceof Date && (value as { toJSON?: unknown }).toJSON === Date.prototype.toJSON)
  )
}

const REFUSED: readonly (readonly [(value: object) => boolean, string])[] = [
  [types.isMap, 'a Map (send an object or an array of pairs)'],
  [types.isSet, 'a Set (send an array)'],
  [types.isPromise, 'a Promise (await it first)'],
  [types.isNativeError, 'an Error (send its message)'],
  [types.isRegExp, 'a RegExp (send its source)'],
  [types.isAnyArrayBuffer, 'an ArrayBuffer (send a Uint8Array)'],
  [ArrayBuffer.isView, 'a view of an ArrayBuffer (send a Uint8Array)'],
  [types.isWeakMap, 'a WeakMap'],
  [types.isWeakSet, 'a WeakSet'],
]

/** Why a copy of the object would lose its content; `undefined` if it would not. */
function instanceFault(value: object): string | undefined {
  return REFUSED.find(([is]) => is(value))?.[1]
}

function tooMany(path: string): SerializeError {
  return refused(path, `the value has more than ${MOST_PARTS} parts`)
}

function refused(path: string, what: string, cause?: unknown): SerializeError {
  return new SerializeError(`cannot carry ${shortened(path)}: ${what}`, { cause })
}

/** The path of a deep value may be longer than the value. */
function shortened(path: string): string {
  return path.length <= LONGEST_PATH
    ? path
    : `${path.slice(0, LONGEST_PATH / 2)}…${path.slice(-LONGEST_PATH / 2)}`
}
