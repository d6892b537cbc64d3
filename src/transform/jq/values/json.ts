/** A value of jq: any JSON value, and also NaN and the infinities. Never changed in place. */
export type Json = null | boolean | number | string | JsonArray | JsonObject
export type JsonArray = readonly Json[]
export interface JsonObject {
  readonly [key: string]: Json
}

export type TypeName = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object'

export function isArray(value: Json): value is JsonArray {
  return Array.isArray(value)
}

export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The name that jq's `type` gives. */
export function typeOf(value: Json): TypeName {
  if (value === null) return 'null'
  const type = typeof value
  if (type === 'object') return Array.isArray(value) ? 'array' : 'object'
  return type as TypeName
}

/** Everything but `false` and `null`. */
export function isTrue(value: Json): boolean {
  return value !== false && value !== null
}

/** Returns the value of a key; `null` if the object does not have it, also for the keys of `Object.prototype`. */
export function field(object: JsonObject, key: string): Json {
  const value = object[key]
  if (value === undefined) return null
  return key in Object.prototype && !Object.hasOwn(object, key) ? null : value
}

/** Adds a key to an object that is not shared yet. */
export function put(object: Record<string, Json>, key: string, value: Json): void {
  // An assignment would change the prototype instead.
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  else object[key] = value
}

/** A copy to add keys to. */
export function copyOf(object: JsonObject): Record<string, Json> {
  return { ...object }
}
