import { toText } from './convert.js'
import { type HclObject, type HclValue, isLate, setKey } from './values.js'

/** A type for unification. `any` is the type of null and of values not known yet. */
export type HclType =
  | { readonly kind: 'any' | 'boolean' | 'number' | 'string' }
  | { readonly kind: 'tuple'; readonly items: readonly HclType[] }
  | { readonly kind: 'list'; readonly item: HclType }
  | { readonly kind: 'object'; readonly attributes: ReadonlyMap<string, HclType> }
  | { readonly kind: 'map'; readonly item: HclType }

export const ANY: HclType = { kind: 'any' }

/** Returns the type of a value. A list has one type per element, like a tuple of the specification. */
export function typeOf(value: HclValue): HclType {
  if (value === null || isLate(value)) return ANY
  if (Array.isArray(value)) return { kind: 'tuple', items: value.map(typeOf) }
  if (typeof value === 'object')
    return {
      kind: 'object',
      attributes: new Map(Object.entries(value).map(([key, item]) => [key, typeOf(item)])),
    }
  return { kind: typeof value as 'boolean' | 'number' | 'string' }
}

/** Converts a value to a type found by `unify`. Null stays null. */
export function convertTo(value: HclValue, type: HclType): HclValue {
  if (value === null || isLate(value) || type.kind === 'any') return value
  if (Array.isArray(value)) {
    if (type.kind === 'list') return value.map((item) => convertTo(item, type.item))
    return type.kind === 'tuple'
      ? value.map((item, index) => convertTo(item, type.items[index] ?? ANY))
      : value
  }
  if (typeof value === 'object') {
    const converted: HclObject = {}
    for (const [key, item] of Object.entries(value))
      setKey(converted, key, convertTo(item, memberOf(type, key)))
    return converted
  }
  return type.kind === 'string' ? (toText(value) ?? value) : value
}

function memberOf(type: HclType, key: string): HclType {
  if (type.kind === 'map') return type.item
  return type.kind === 'object' ? (type.attributes.get(key) ?? ANY) : ANY
}
