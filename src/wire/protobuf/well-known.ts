import type { Value } from '../../core/value.js'
import { isPlain } from '../carrier.js'
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp, type Seconds } from './timestamp.js'

/** The members of a message. */
export type Fields = { readonly [key: string]: unknown }

/** Converts a well-known type whose values differ from its fields (Protocol Buffers, "ProtoJSON Format"). */
export interface SpecialForm {
  /** The expected value, in words, for errors. */
  readonly expected: string
  /** Converts a value to fields; `undefined` if it is not such a value. */
  fields(value: unknown): Fields | undefined
  /** Converts fields to a value; `undefined` if they have none. */
  value(fields: { readonly [key: string]: Value }): Value | undefined
}

const timestamp: SpecialForm = {
  expected: 'a timestamp such as "2024-05-06T07:08:09Z" or a Date, from the year 1 to 9999',
  fields: (value) => parseTimestamp(value) as Fields | undefined,
  value: (fields) => formatTimestamp(secondsOf(fields)),
}

const duration: SpecialForm = {
  expected: 'a duration such as "1.5s", within 10,000 years',
  fields: (value) => parseDuration(value) as Fields | undefined,
  value: (fields) => formatDuration(secondsOf(fields)),
}

function secondsOf(fields: { readonly [key: string]: Value }): Seconds {
  return { seconds: Number(fields.seconds ?? 0), nanos: Number(fields.nanos ?? 0) }
}

const fieldMask: SpecialForm = {
  expected: 'a field mask such as "user.displayName,photo"',
  fields(value) {
    if (typeof value !== 'string' || /[^\w.,]|_/.test(value)) return undefined
    return { paths: value === '' ? [] : value.split(',').map(snakeCase) }
  },
  value(fields) {
    const paths = (fields.paths ?? []) as readonly string[]
    const camel = paths.map(camelCase)
    const comesBack = camel.every((path, i) => !path.includes('_') && snakeCase(path) === paths[i])
    return comesBack ? camel.join(',') : undefined
  },
}

function snakeCase(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function camelCase(path: string): string {
  return path.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

const struct: SpecialForm = {
  expected: 'an object',
  fields: (value) => (isMembers(value) ? { fields: value } : undefined),
  value: (fields) => fields.fields ?? {},
}

const listValue: SpecialForm = {
  expected: 'an array',
  fields: (value) => (Array.isArray(value) ? { values: value } : undefined),
  value: (fields) => fields.values ?? [],
}

const anyJson: SpecialForm = {
  expected: 'null, a finite number, text, a boolean, an array or an object',
  fields(value) {
    switch (typeof value) {
      case 'number':
        return Number.isFinite(value) ? { numberValue: value } : undefined
      case 'string':
        return { stringValue: value }
      case 'boolean':
        return { boolValue: value }
      default:
        if (value === null) return { nullValue: null }
        if (Array.isArray(value)) return { listValue: value }
        return isMembers(value) ? { structValue: value } : undefined
    }
  },
  value(fields) {
    // A Value without a kind is not allowed but occurs; it is read as null.
    for (const kind in fields) return fields[kind]!
    return null
  },
}

/** The form of a wrapper, whose value is that of its scalar. */
function wrapper(expected: string, zero: Value): SpecialForm {
  return {
    expected,
    fields: (value) => ({ value }),
    value: (fields) => fields.value ?? zero,
  }
}

/** Whether a value is a plain object. */
export function isMembers(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isPlain(value)
}

/** The forms by the full name of the message, without google.protobuf.Any, which needs the schema. */
export const SPECIAL_FORMS: ReadonlyMap<string, SpecialForm> = new Map([
  ['google.protobuf.Timestamp', timestamp],
  ['google.protobuf.Duration', duration],
  ['google.protobuf.FieldMask', fieldMask],
  ['google.protobuf.Struct', struct],
  ['google.protobuf.ListValue', listValue],
  ['google.protobuf.Value', anyJson],
  ['google.protobuf.DoubleValue', wrapper('double', 0)],
  ['google.protobuf.FloatValue', wrapper('float', 0)],
  ['google.protobuf.Int64Value', wrapper('int64', 0)],
  ['google.protobuf.UInt64Value', wrapper('uint64', 0)],
  ['google.protobuf.Int32Value', wrapper('int32', 0)],
  ['google.protobuf.UInt32Value', wrapper('uint32', 0)],
  ['google.protobuf.BoolValue', wrapper('bool', false)],
  ['google.protobuf.StringValue', wrapper('string', '')],
  ['google.protobuf.BytesValue', wrapper('bytes', new Uint8Array(0))],
])
