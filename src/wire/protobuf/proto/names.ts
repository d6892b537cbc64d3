import { jsonNameOf } from '../json-name.js'

/** A reference to a message or enum in a .proto file. */
export interface Reference {
  /** The name as written. */
  readonly name: string
  /** The full name of the enclosing declaration. */
  readonly scope: string
  /** The field, method or block that has the reference; used to find its line. */
  readonly owner: string
  /** Whether an enum is not allowed. */
  readonly needsMessage: boolean
  resolved(fullName: string, isEnum: boolean): void
}

/** The names of one .proto file. */
export interface Names {
  readonly references: Reference[]
  /** The messages and enums that the file declares, by full name. */
  readonly declared: Map<string, 'message' | 'enum'>
}

/** The full name of a declaration in a scope. */
export function within(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`
}

/** The name of the entry message that protoc makes for a map field: `UserNamesEntry` for `user_names`. */
export function entryNameOf(name: string): string {
  const camel = jsonNameOf(name)
  return `${camel.charAt(0).toUpperCase()}${camel.slice(1)}Entry`
}
