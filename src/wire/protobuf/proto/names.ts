import { jsonNameOf } from '../json-name.js'

/** A name in a .proto file that stands for a message or an enum somewhere. */
export interface Reference {
  /** As it is written. */
  readonly name: string
  /** The full name of what it is written in. */
  readonly scope: string
  /** The field, method or block that it is written for: finds the line. */
  readonly owner: string
  /** An enum will not do. */
  readonly needsMessage: boolean
  resolved(fullName: string, isEnum: boolean): void
}

/** The names of one .proto file. */
export interface Names {
  readonly references: Reference[]
  /** What it declares that can be referred to, by full name. */
  readonly declared: Map<string, 'message' | 'enum'>
}

/** The full name of something in a scope. */
export function within(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`
}

/** The name of the message that protoc makes of a map field: `user_names` is `UserNamesEntry`. */
export function entryNameOf(name: string): string {
  const camel = jsonNameOf(name)
  return `${camel.charAt(0).toUpperCase()}${camel.slice(1)}Entry`
}
