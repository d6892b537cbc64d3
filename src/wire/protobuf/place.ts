import { SerializeError } from '../../core/errors/operation.js'
import { step } from '../../core/value-path.js'

/**
 * The current position of a codec in a value: one member for each level of messages, and in it an item of a list or a
 * key of a map. The path is only formatted for an error.
 */
export class Place {
  readonly #members: (string | undefined)[] = []
  readonly #items: (number | string | undefined)[] = []

  /** Enters a member of the message at `depth`. @param key `undefined` for a member that the value does not show */
  member(depth: number, key: string | undefined): void {
    this.#members[depth] = key
    this.#items[depth] = undefined
  }

  /** Enters an item or entry of the member at `depth`. */
  item(depth: number, item: number | string): void {
    this.#items[depth] = item
  }

  /** Makes an error with the path of the current member at `depth`; -1 for the value as a whole. */
  fault(depth: number, what: string): SerializeError {
    let path = '$'
    for (let i = 0; i <= depth; i++) {
      const member = this.#members[i]
      const item = this.#items[i]
      if (member !== undefined) path += step(member)
      if (item !== undefined) path += typeof item === 'number' ? `[${item}]` : step(item)
    }
    return new SerializeError(`protobuf: ${path}: ${what}`)
  }
}

/** Describes a value for an error, without showing its content. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  switch (typeof value) {
    case 'number':
      return `the number ${value}`
    case 'string':
      return 'text'
    case 'object':
      if (Array.isArray(value)) return 'an array'
      if (value instanceof Uint8Array) return 'bytes'
      return value instanceof Date || value instanceof Map || value instanceof Set
        ? `a ${value.constructor.name}`
        : 'an object'
    default:
      return `a ${typeof value}`
  }
}
