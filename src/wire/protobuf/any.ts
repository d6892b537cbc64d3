import type { Value } from '../../core/value.js'
import { describe, type Place } from './place.js'
import type { MessagePlan, Plans } from './plan.js'
import { type Fields, isMembers } from './well-known.js'

/** The type name in the URL of an Any, such as `type.googleapis.com/pkg.Message`. */
export function typeOfUrl(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf('/') + 1)
}

/**
 * Converts a value to the fields of google.protobuf.Any. The value is `{ '@type': url, …members }`, for a well-known
 * type `{ '@type': url, value }`, and for a type that is not in the schema `{ '@type': url, value: base64 }`.
 */
export function anyFields(
  value: unknown,
  plans: Plans,
  place: Place,
  depth: number,
  writer: { writeApart(plan: MessagePlan, value: unknown, depth: number): Uint8Array },
): Fields {
  if (!isMembers(value))
    throw place.fault(
      depth - 1,
      `expected an object with "@type" (google.protobuf.Any), found ${describe(value)}`,
    )
  const { '@type': typeUrl, ...members } = value
  if (typeUrl === undefined && Object.keys(members).length === 0) return {}
  if (typeof typeUrl !== 'string' || !/.\/./.test(typeUrl))
    throw place.fault(
      depth - 1,
      `"@type" is expected to be a URL that ends in /type, found ${describe(typeUrl)}`,
    )
  const plan = plans.byName(typeOfUrl(typeUrl))
  if (plan !== undefined) {
    place.member(depth, undefined)
    const inner = plan.form === undefined ? members : members.value
    return { typeUrl, value: writer.writeApart(plan, inner, depth + 1) }
  }
  if (Object.keys(members).some((key) => key !== 'value'))
    throw place.fault(depth - 1, `the schema has no message ${typeOfUrl(typeUrl)}`)
  return { typeUrl, value: bytesOf(members.value) }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Decodes base64 text, in which the reader shows the bytes of a type that is not in the schema. */
function bytesOf(value: unknown): unknown {
  return typeof value === 'string' && BASE64.test(value) ? Buffer.from(value, 'base64') : value
}

/** Converts the fields of an Any to a value. */
export function anyValue(
  fields: { readonly [key: string]: Value },
  plans: Plans,
  depth: number,
  reader: { readApart(plan: MessagePlan, bytes: Uint8Array, depth: number): Value },
): Value {
  const typeUrl = fields.typeUrl as string | undefined
  const bytes = (fields.value ?? new Uint8Array(0)) as Uint8Array
  if (typeUrl === undefined && bytes.length === 0) return {}
  const plan = plans.byName(typeOfUrl(typeUrl ?? ''))
  return anyOf(typeUrl ?? '', bytes, plan, plan && reader.readApart(plan, bytes, depth + 1))
}

/** Makes the value of an Any. For a type that is not in the schema, its bytes become base64 text. */
export function anyOf(
  typeUrl: string,
  bytes: Uint8Array,
  plan: MessagePlan | undefined,
  value: Value | undefined,
): Value {
  if (plan === undefined || value === undefined)
    return { '@type': typeUrl, value: Buffer.from(bytes).toString('base64') }
  return plan.form === undefined
    ? { '@type': typeUrl, ...(value as { readonly [key: string]: Value }) }
    : { '@type': typeUrl, value }
}
