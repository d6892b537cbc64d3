import { BinaryReader } from '@bufbuild/protobuf/wire'
import { SerializeError } from '../../core/errors/operation.js'
import { setMember } from '../../core/set-member.js'
import type { Value } from '../../core/value.js'
import { anyValue } from './any.js'
import type { Element, FieldPlan, MessagePlan, Plans } from './plan.js'
import { END_GROUP, LENGTH, type ScalarCodec, START_GROUP } from './scalars.js'

/** The members of a message that is being read. */
type Members = { [key: string]: Value }
type MessageElement = Element & { readonly kind: 'message' }

/** Decodes messages to values. Skips unknown fields, as Protocol Buffers requires. */
export class MessageReader {
  readonly #plans: Plans
  readonly #maxDepth: number
  readonly #fillDefaults: boolean
  #reader = new BinaryReader(new Uint8Array(0))
  /** The current message and field, for errors. */
  #plan: MessagePlan | undefined
  #field: FieldPlan | undefined

  constructor(plans: Plans, options: { readonly maxDepth: number; readonly fillDefaults: boolean }) {
    this.#plans = plans
    this.#maxDepth = options.maxDepth
    this.#fillDefaults = options.fillDefaults
  }

  /** Decodes a message. @throws SerializeError with the message and the field */
  read(plan: MessagePlan, bytes: Uint8Array): Value {
    this.#plan = plan
    this.#field = undefined
    this.#reader = new BinaryReader(bytes)
    try {
      return this.#message(plan, bytes.length, undefined, 0, undefined)
    } catch (cause) {
      if (cause instanceof SerializeError) throw cause
      const { pos, len } = this.#reader
      throw this.#fault(`${(cause as Error).message} (at byte ${Math.min(pos, len)} of ${len})`)
    }
  }

  /** Decodes an embedded message, such as that of an Any. */
  readApart(plan: MessagePlan, bytes: Uint8Array, depth: number): Value {
    const outer = this.#reader
    this.#reader = new BinaryReader(bytes)
    const value = this.#message(plan, bytes.length, undefined, depth, undefined)
    this.#reader = outer
    return value
  }

  /**
   * Reads one message.
   * @param group the number of the group if the message ends with a tag instead of at `end`
   * @param earlier an earlier value of the same field, into which this one is merged
   */
  #message(
    plan: MessagePlan,
    end: number,
    group: number | undefined,
    depth: number,
    earlier: Value | undefined,
  ): Value {
    if (depth >= this.#maxDepth) throw this.#fault(`nested deeper than ${this.#maxDepth} levels`)
    const members: Members = {}
    if (earlier !== undefined) Object.assign(members, this.#membersOf(plan, earlier))
    this.#members(plan, members, end, group, depth)
    for (const field of plan.required)
      if (!Object.hasOwn(members, field.key)) {
        this.#plan = plan
        this.#field = field
        throw this.#fault('the required field is missing')
      }
    if (plan.form === undefined) {
      if (this.#fillDefaults) fillDefaults(plan, members)
      return members
    }
    const value = plan.form === 'any' ? anyValue(members, this.#plans, depth, this) : plan.form.value(members)
    if (value !== undefined) return value
    this.#plan = plan
    throw this.#fault(`expected ${plan.form === 'any' ? 'a message' : plan.form.expected}`)
  }

  #membersOf(plan: MessagePlan, earlier: Value): object {
    if (plan.form === undefined) return earlier as object
    // Both fields of an Any are scalars, so later ones replace them.
    return plan.form === 'any' ? {} : (plan.form.fields(earlier) ?? {})
  }

  #members(plan: MessagePlan, members: Members, end: number, group: number | undefined, depth: number): void {
    const reader = this.#reader
    while (reader.pos < end) {
      const [number, wireType] = reader.tag()
      if (wireType === END_GROUP) {
        if (number !== group) throw this.#fault(`found the end of group ${number}, which was not started`)
        return
      }
      const field = plan.byNumber.get(number)
      this.#plan = plan
      this.#field = field
      if (field === undefined || !this.#read(field, wireType, members, end, depth))
        reader.skip(wireType, number, this.#maxDepth - depth)
    }
    if (group !== undefined) throw this.#fault('the message ends within a group')
    if (reader.pos !== end) throw this.#fault('a field reaches beyond the end of its message')
  }

  /** Reads one field. @returns false if the wire type is not that of the field, which then counts as unknown */
  #read(field: FieldPlan, wireType: number, members: Members, end: number, depth: number): boolean {
    const { shape, element, key } = field
    switch (shape.kind) {
      case 'single': {
        if (!fits(element, wireType)) return false
        const value = this.#element(element, field.number, end, depth, own(members, key))
        if (value === undefined) return true
        if (field.oneof !== undefined) for (const { key } of field.oneof.fields) remove(members, key)
        if (shape.implicit && isDefault(element, value)) remove(members, key)
        else setMember(members, key, value)
        return true
      }
      case 'list':
        return this.#list(field, wireType, members, end, depth)
      case 'map':
        if (wireType !== LENGTH) return false
        this.#entry(field, shape.key, members, end, depth)
        return true
    }
  }

  #list(field: FieldPlan, wireType: number, members: Members, end: number, depth: number): boolean {
    const { element, key } = field
    const isPacked = element.kind === 'scalar' && element.codec.wireType !== LENGTH && wireType === LENGTH
    if (!isPacked && !fits(element, wireType)) return false
    let items = own(members, key) as Value[] | undefined
    if (items === undefined) {
      items = []
      setMember(members, key, items)
    }
    if (!isPacked) {
      const item = this.#element(element, field.number, end, depth, undefined)
      if (item !== undefined) items.push(item)
      return true
    }
    const stop = this.#end(end)
    while (this.#reader.pos < stop) {
      const item = element.codec.read(this.#reader)
      if (item !== undefined) items.push(item)
    }
    if (this.#reader.pos !== stop) throw this.#fault('an item reaches beyond the end of the list')
    return true
  }

  #entry(field: FieldPlan, keyCodec: ScalarCodec, members: Members, outerEnd: number, depth: number): void {
    const reader = this.#reader
    const { element, key } = field
    const end = this.#end(outerEnd)
    let name = keyCodec.zero
    let value: Value | undefined
    let isKnown = true
    while (reader.pos < end) {
      const [number, wireType] = reader.tag()
      if (number === 1 && wireType === keyCodec.wireType) name = keyCodec.read(reader)!
      else if (number === 2 && fits(element, wireType)) {
        value = this.#element(element, 2, end, depth, value)
        isKnown = value !== undefined
      } else reader.skip(wireType, number, this.#maxDepth - depth)
    }
    if (reader.pos !== end) throw this.#fault('an entry reaches beyond its end')
    if (!isKnown) return
    let entries = own(members, key) as Members | undefined
    if (entries === undefined) {
      entries = {}
      setMember(members, key, entries)
    }
    setMember(entries, String(name), value ?? this.#missing(element, depth))
  }

  /** The value of a map entry without one. */
  #missing(element: Element, depth: number): Value {
    return element.kind === 'scalar'
      ? element.codec.zero
      : this.readApart(element.plan, new Uint8Array(0), depth + 1)
  }

  #element(
    element: Element,
    number: number,
    end: number,
    depth: number,
    earlier: Value | undefined,
  ): Value | undefined {
    if (element.kind === 'scalar') return element.codec.read(this.#reader)
    return this.#nested(element, number, end, depth, earlier)
  }

  #nested(
    { plan, group }: MessageElement,
    number: number,
    end: number,
    depth: number,
    earlier: Value | undefined,
  ): Value {
    return group
      ? this.#message(plan, end, number, depth + 1, earlier)
      : this.#message(plan, this.#end(end), undefined, depth + 1, earlier)
  }

  /** Reads a length. @returns the position where the value ends */
  #end(outerEnd: number): number {
    const length = this.#reader.uint32()
    const end = this.#reader.pos + length
    if (end > outerEnd)
      throw this.#fault(`${length} bytes announced, ${outerEnd - this.#reader.pos} are left`)
    return end
  }

  #fault(what: string): SerializeError {
    const field = this.#field === undefined ? '' : `.${this.#field.key}`
    return new SerializeError(`protobuf: ${this.#plan?.typeName}${field}: ${what}`)
  }
}

function fits(element: Element, wireType: number): boolean {
  if (element.kind === 'scalar') return wireType === element.codec.wireType
  return wireType === (element.group ? START_GROUP : LENGTH)
}

function isDefault(element: Element, value: Value): boolean {
  if (element.kind === 'message') return false
  const { zero } = element.codec
  return Object.is(value, zero) || (value instanceof Uint8Array && value.length === 0)
}

/** Adds members without presence, which a message leaves out if they have their default. */
function fillDefaults(plan: MessagePlan, members: Members): void {
  for (const { key, shape, element } of plan.byNumber.values()) {
    if (Object.hasOwn(members, key)) continue
    if (shape.kind === 'list') setMember(members, key, [])
    else if (shape.kind === 'map') setMember(members, key, {})
    else if (shape.implicit && element.kind === 'scalar') setMember(members, key, element.codec.zero)
  }
}

function own(members: Members, key: string): Value | undefined {
  return Object.hasOwn(members, key) ? members[key] : undefined
}

function remove(members: Members, key: string): void {
  if (Object.hasOwn(members, key)) delete members[key]
}
