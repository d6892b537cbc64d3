import { types } from 'node:util'
import { SerializeError } from './errors.js'
import { step } from './value-path.js'

/** Arrays and objects within each other. Formats carry no more. */
export const MOST_DEPTH = 128
/** Values that `toJSON` methods make without end are refused at so many. */
const MOST_PARTS = 10_000_000

/**
 * A copy of a value that is made of plain objects, arrays, bytes, dates and primitives alone, as `JSON.stringify`
 * would write it. Parts that the value holds several times are copied once.
 * @throws SerializeError naming the member that cannot be sent
 */
export function plainValue(value: unknown): unknown {
  try {
    return new PlainCopy().of(value, '', '$', MOST_DEPTH)
  } catch (error) {
    if (error instanceof SerializeError) throw error
    // A proxy may throw whatever it is asked.
    throw refused('$', 'it cannot be read', error)
  }
}

class PlainCopy {
  readonly #done = new Map<object, unknown>()
  /** The objects that the path leads through, with their paths. */
  readonly #open = new Map<object, string>()
  #parts = MOST_PARTS

  of(value: unknown, key: string, path: string, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return primitive(value, key, path)
    const known = this.#done.get(value)
    if (known !== undefined) return known
    if (isLeaf(value)) return value
    const above = this.#open.get(value)
    if (above !== undefined) throw refused(path, `a cycle, it refers back to ${above}`)
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
    // What toJSON returns is not asked for its own toJSON (ECMA-262, SerializeJSONProperty), but its members are.
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
      // Of what another toJSON has returned.
      if (key === 'toJSON' && typeof found === 'function') continue
      const member = this.of(found, key, place, depth)
      if (key === '__proto__')
        Object.defineProperty(copy, key, {
          value: member,
          enumerable: true,
          configurable: true,
          writable: true,
        })
      else copy[key] = member
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
  // Many programs give BigInt a toJSON.
  const { toJSON } = value as { toJSON?: unknown }
  return typeof toJSON === 'function' ? plainPrimitive(toJSON.call(value, key), path) : value
}

function plainPrimitive(value: unknown, path: string): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw refused(path, `a ${typeof value}`)
  return value
}

/** Bytes and dates cross as they are. A class that extends Date may mean something else. */
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

/** Why an object would lose what it holds. */
function instanceFault(value: object): string | undefined {
  return REFUSED.find(([is]) => is(value))?.[1]
}

function tooMany(path: string): SerializeError {
  return refused(path, `the value has more than ${MOST_PARTS} parts`)
}

function refused(path: string, what: string, cause?: unknown): SerializeError {
  return new SerializeError(`cannot carry ${path}: ${what}`, { cause })
}
