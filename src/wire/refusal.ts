import { step } from '../core/value-path.js'
import { type Carrier, isPlain, isWellFormed } from './carrier.js'

interface Place {
  readonly holder: object
  readonly path: string
}

/** Explains why `carrier` cannot carry `value`, with the path of the first member that it refuses. */
export function refusal(value: unknown, carrier: Carrier): string {
  let room = carrier.maxBytes
  const open: Place[] = []
  const fault = value === undefined ? '$: there is no value (undefined)' : faultOf(value, '$')
  return `${carrier.name} cannot carry ${fault ?? 'this value'}`

  function faultOf(value: unknown, path: string): string | undefined {
    room -=
      1 + (typeof value === 'string' ? value.length : value instanceof Uint8Array ? value.byteLength : 0)
    if (room < 0) return `${path}: the value takes more than the limit of ${carrier.maxBytes} bytes`
    const fault = leafFault(value, carrier)
    if (fault !== undefined) return `${path}: ${fault}`
    if (typeof value !== 'object' || value === null) return undefined
    if (!Array.isArray(value) && !isPlain(value)) return undefined
    const same = open.find((place) => place.holder === value)
    if (same !== undefined) return `${path}: a cycle, it refers back to ${same.path}`
    if (open.length >= carrier.maxDepth) return `${path}: nested deeper than ${carrier.maxDepth} levels`
    open.push({ holder: value, path })
    const inner = Array.isArray(value) ? itemFault(value, path) : memberFault(value, path)
    open.pop()
    return inner
  }

  function itemFault(items: readonly unknown[], path: string): string | undefined {
    for (let i = 0; i < items.length; i++) {
      const fault = faultOf(items[i], `${path}[${i}]`)
      if (fault !== undefined) return fault
    }
    return undefined
  }

  function memberFault(members: object, path: string): string | undefined {
    for (const key in members) {
      const place = `${path}${step(key)}`
      room -= key.length
      if (!carrier.anyText && key === '__proto__')
        return `${place}: a member named "__proto__", which readers refuse`
      if (!carrier.anyText && !isWellFormed(key)) return `${place}: a name with an unpaired surrogate`
      const fault = faultOf((members as Record<string, unknown>)[key], place)
      if (fault !== undefined) return fault
    }
    return undefined
  }
}

/** Why a value that is neither an array nor a plain object is refused; `undefined` if it is accepted. */
function leafFault(value: unknown, carrier: Carrier): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) || carrier.nonFinite ? undefined : `the number ${value}`
    case 'string':
      return carrier.anyText || isWellFormed(value) ? undefined : 'text with an unpaired surrogate'
    case 'function':
    case 'symbol':
      return `a ${typeof value}`
    case 'bigint':
      return 'a BigInt (send a number or text)'
    case 'object':
      return value === null || Array.isArray(value) || isPlain(value)
        ? undefined
        : instanceFault(value, carrier)
    default:
      return undefined
  }
}

function instanceFault(value: object, carrier: Carrier): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : undefined
  if (value instanceof Uint8Array)
    return carrier.bytes ? undefined : 'bytes (a Uint8Array; send text such as base64, or use another format)'
  if (value instanceof Map) return 'a Map (send an object or an array of pairs)'
  if (value instanceof Set) return 'a Set (send an array)'
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `${named(value)} (send a Uint8Array)`
  return `${named(value)} (send a plain object)`
}

function named(value: object): string {
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an instance of a class'
}
