import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { didYouMean } from '../../core/did-you-mean.js'
import { SerializeError } from '../../core/errors/operation.js'
import { anyFields } from './any.js'
import { describe, Place } from './place.js'
import type { Element, FieldPlan, MessagePlan, Plans } from './plan.js'
import { END_GROUP, LENGTH, type ScalarCodec, START_GROUP } from './scalars.js'
import { type Fields, isMembers } from './well-known.js'

/** The largest buffer that is kept for the next message. */
const KEPT_BUFFER = 1024 * 1024

/** Encodes values to messages. Refuses members that the schema does not allow, with their path. */
export class MessageWriter {
  readonly #plans: Plans
  readonly #maxBytes: number
  readonly #maxDepth: number
  readonly #place = new Place()
  #writer = new BinaryWriter()
  /**
   * How many bytes may still be written, by a lower bound of their size. Limits a small graph that unfolds into a huge
   * tree.
   */
  #room = 0

  constructor(plans: Plans, limits: { readonly maxBytes: number; readonly maxDepth: number }) {
    this.#plans = plans
    this.#maxBytes = limits.maxBytes
    this.#maxDepth = limits.maxDepth
  }

  /** Encodes a value. @throws SerializeError with the path of the member, what was found and what was expected */
  write(plan: MessagePlan, value: unknown): Uint8Array {
    this.#room = this.#maxBytes
    let bytes: Uint8Array | undefined
    try {
      this.#message(plan, value, 0)
      bytes = this.#writer.finish()
      return bytes
    } catch (cause) {
      if (cause instanceof SerializeError) throw cause
      // A getter or proxy of the value threw.
      throw new SerializeError('protobuf: the value cannot be read', { cause })
    } finally {
      if (bytes === undefined || bytes.length > KEPT_BUFFER) this.#writer = new BinaryWriter()
    }
  }

  /** Encodes an embedded message, such as that of an Any, within the limits of the whole. */
  writeApart(plan: MessagePlan, value: unknown, depth: number): Uint8Array {
    const outer = this.#writer
    this.#writer = new BinaryWriter()
    this.#message(plan, value, depth)
    const bytes = this.#writer.finish()
    this.#writer = outer
    return bytes
  }

  #message(plan: MessagePlan, value: unknown, depth: number): void {
    if (depth >= this.#maxDepth)
      throw this.#place.fault(depth - 1, `nested deeper than ${this.#maxDepth} levels`)
    const fields = this.#fields(plan, value, depth)
    for (const key in fields) {
      const member = fields[key]
      if (member === undefined) continue
      this.#place.member(depth, plan.form === undefined ? key : undefined)
      const field = plan.byKey.get(key)
      if (field === undefined) throw this.#unknown(plan, key, depth)
      if (member === null && !field.takesNull) continue
      this.#refuseSecond(field, key, fields, depth)
      this.#field(field, member, depth)
    }
    for (const field of plan.required)
      if (!isGiven(fields, field))
        throw this.#place.fault(depth - 1, `the required field ${field.key} of ${plan.typeName} is missing`)
  }

  #fields(plan: MessagePlan, value: unknown, depth: number): Fields {
    const { form } = plan
    if (form === undefined) {
      if (isMembers(value)) return value
      throw this.#place.fault(depth - 1, `expected an object (${plan.typeName}), found ${describe(value)}`)
    }
    if (form === 'any') return anyFields(value, this.#plans, this.#place, depth, this)
    const fields = form.fields(value)
    if (fields !== undefined) return fields
    throw this.#place.fault(
      depth - 1,
      `expected ${form.expected} (${plan.typeName}), found ${describe(value)}`,
    )
  }

  /** Refuses a field that is given by both of its names, and two members of one oneof. */
  #refuseSecond(field: FieldPlan, key: string, fields: Fields, depth: number): void {
    if (key !== field.key && isMember(fields, field.key, field))
      throw this.#place.fault(depth, `the same field is also given as ${field.key}`)
    if (field.oneof === undefined) return
    for (const other of field.oneof.fields)
      if (other !== field && isGiven(fields, other))
        throw this.#place.fault(depth, `${other.key} of the oneof ${field.oneof.name} is also given`)
  }

  #field(field: FieldPlan, value: unknown, depth: number): void {
    const { shape, element, number } = field
    switch (shape.kind) {
      case 'single':
        if (element.kind === 'message') this.#nested(element, number, value, depth)
        else {
          const accepted = this.#accept(element.codec, value, depth)
          if (!shape.implicit || !element.codec.isZero(accepted))
            this.#scalar(element.codec, number, accepted)
        }
        break
      case 'list':
        this.#list(element, number, shape.packed, value, depth)
        break
      case 'map':
        this.#map(element, number, shape.key, value, depth)
        break
    }
  }

  #list(element: Element, number: number, packed: boolean, value: unknown, depth: number): void {
    if (!Array.isArray(value)) throw this.#place.fault(depth, `expected an array, found ${describe(value)}`)
    if (value.length === 0) return
    if (packed && element.kind === 'scalar') {
      this.#writer.tag(number, LENGTH).fork()
      for (let i = 0; i < value.length; i++) {
        this.#place.item(depth, i)
        element.codec.write(this.#writer, this.#accept(element.codec, value[i], depth) as never)
      }
      this.#writer.join()
      return
    }
    for (let i = 0; i < value.length; i++) {
      this.#place.item(depth, i)
      this.#element(element, number, value[i], depth)
    }
  }

  #map(element: Element, number: number, key: ScalarCodec, value: unknown, depth: number): void {
    if (!isMembers(value))
      throw this.#place.fault(depth, `expected an object (a map), found ${describe(value)}`)
    for (const name in value) {
      this.#place.item(depth, name)
      const accepted = this.#accept(key, key.name === 'bool' ? boolOf(name) : name, depth, 'a key that is ')
      if (value[name] === undefined) continue
      this.#writer.tag(number, LENGTH).fork()
      this.#scalar(key, 1, accepted)
      this.#element(element, 2, value[name], depth)
      this.#writer.join()
    }
  }

  #element(element: Element, number: number, value: unknown, depth: number): void {
    if (element.kind === 'message') this.#nested(element, number, value, depth)
    else this.#scalar(element.codec, number, this.#accept(element.codec, value, depth))
  }

  #nested(element: Element & { kind: 'message' }, number: number, value: unknown, depth: number): void {
    this.#spend(2, depth)
    if (element.group) {
      this.#writer.tag(number, START_GROUP)
      this.#message(element.plan, value, depth + 1)
      this.#writer.tag(number, END_GROUP)
    } else {
      this.#writer.tag(number, LENGTH).fork()
      this.#message(element.plan, value, depth + 1)
      this.#writer.join()
    }
  }

  #scalar(codec: ScalarCodec, number: number, accepted: unknown): void {
    this.#writer.tag(number, codec.wireType)
    codec.write(this.#writer, accepted)
  }

  #accept(codec: ScalarCodec, value: unknown, depth: number, kind = ''): unknown {
    const accepted = codec.accept(value)
    if (accepted === undefined)
      throw this.#place.fault(depth, `expected ${kind}${codec.name}, found ${describe(value)}`)
    this.#spend(1 + lengthOf(accepted), depth)
    return accepted
  }

  #spend(bytes: number, depth: number): void {
    this.#room -= bytes
    if (this.#room < 0)
      throw this.#place.fault(depth, `the value takes more than the limit of ${this.#maxBytes} bytes`)
  }

  #unknown(plan: MessagePlan, key: string, depth: number): SerializeError {
    const near = didYouMean(key, plan.byKey.keys())
    const hint = near === undefined ? '' : `; did you mean ${near}?`
    return this.#place.fault(depth, `${plan.typeName} has no such field${hint}`)
  }
}

function lengthOf(accepted: unknown): number {
  return typeof accepted === 'string' || accepted instanceof Uint8Array ? accepted.length : 0
}

function isGiven(fields: Fields, field: FieldPlan): boolean {
  return isMember(fields, field.key, field) || isMember(fields, field.protoName, field)
}

function isMember(fields: Fields, key: string, field: FieldPlan): boolean {
  if (!Object.hasOwn(fields, key)) return false
  const value = fields[key]
  return value !== undefined && (value !== null || field.takesNull)
}

function boolOf(name: string): boolean | undefined {
  return name === 'true' ? true : name === 'false' ? false : undefined
}
