import { ANY, type HclType } from './types.js'

type Tuple = HclType & { kind: 'tuple' }
type ObjectType = HclType & { kind: 'object' }

/**
 * Returns the type to which all given types convert without loss; `undefined` if there is none. Follows the
 * unification of the HCL specification as implemented by go-cty: numbers and booleans become strings beside a
 * string, tuples of different lengths a list, objects with different keys a map.
 */
export function unify(types: readonly HclType[]): HclType | undefined {
  const known = types.filter(({ kind }) => kind !== 'any')
  if (known.length === 0) return ANY
  const open = known.length < types.length
  if (known.every(isTuple)) return open ? ANY : unifyTuples(known)
  if (known.every(isObjectType)) return open ? ANY : unifyObjects(known)
  // An unknown type may still turn out to fit.
  return unifyPrimitives(known) ?? (open ? ANY : undefined)
}

const isTuple = (type: HclType): type is Tuple => type.kind === 'tuple'
const isObjectType = (type: HclType): type is ObjectType => type.kind === 'object'

function unifyPrimitives(types: readonly HclType[]): HclType | undefined {
  if (types.some(({ kind }) => kind !== 'string' && kind !== 'number' && kind !== 'boolean')) return undefined
  if (types.every(({ kind }) => kind === types[0]!.kind)) return types[0]
  return types.find(({ kind }) => kind === 'string')
}

function unifyTuples(types: readonly Tuple[]): HclType | undefined {
  const [first] = types
  if (types.some(({ items }) => items.length !== first!.items.length)) {
    const item = unify(types.flatMap(({ items }) => items))
    return item && { kind: 'list', item }
  }
  const items: HclType[] = []
  for (const index of first!.items.keys()) {
    const item = unify(types.map((type) => type.items[index]!))
    if (item === undefined) return undefined
    items.push(item)
  }
  return { kind: 'tuple', items }
}

function unifyObjects(types: readonly ObjectType[]): HclType | undefined {
  const [first] = types
  const keys = [...first!.attributes.keys()]
  const sameKeys = types.every(
    ({ attributes }) => attributes.size === keys.length && keys.every((key) => attributes.has(key)),
  )
  if (!sameKeys) {
    const item = unify(types.flatMap(({ attributes }) => [...attributes.values()]))
    return item && { kind: 'map', item }
  }
  const attributes = new Map<string, HclType>()
  for (const key of keys) {
    const attribute = unify(types.map((type) => type.attributes.get(key)!))
    if (attribute === undefined) return undefined
    attributes.set(key, attribute)
  }
  return { kind: 'object', attributes }
}

/** Describes the difference of two types that do not unify. Never shows a value, which may be secret. */
export function describeMismatch(a: HclType, b: HclType): string {
  if (isTuple(a) && isTuple(b) && a.items.length === b.items.length) {
    for (const [index, item] of a.items.entries()) {
      const other = b.items[index]!
      if (unify([item, other]) === undefined) return `${describeMismatch(item, other)} at index ${index}`
    }
  }
  if (isObjectType(a) && isObjectType(b) && a.attributes.size === b.attributes.size) {
    for (const [key, item] of a.attributes) {
      const other = b.attributes.get(key)
      if (other !== undefined && unify([item, other]) === undefined)
        return `${describeMismatch(item, other)} at "${key}"`
    }
  }
  const names = [nameOf(a), nameOf(b)]
  return names[0] === names[1]
    ? `${names[0]} and ${names[1]} whose elements differ in type`
    : names.join(' and ')
}

function nameOf({ kind }: HclType): string {
  if (kind === 'tuple') return 'a list'
  return kind === 'object' ? 'an object' : `a ${kind}`
}
