import type { DescEnum, DescExtension, DescField, DescMessage, Registry } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import { addTo } from '../../core/list-map.js'
import { enumCodec } from './enums.js'
import { jsonNameOf } from './json-name.js'
import { SCALARS, type ScalarCodec } from './scalars.js'
import { SPECIAL_FORMS, type SpecialForm } from './well-known.js'

/** The type of one value of a field; a list has many values, a map has one for each key. */
export type Element =
  | { readonly kind: 'scalar'; readonly codec: ScalarCodec }
  | { readonly kind: 'message'; readonly plan: MessagePlan; readonly group: boolean }

/** Describes a field to the codec. */
export interface FieldPlan {
  /** The member of a value: the JSON name, or the full name of an extension in brackets. */
  readonly key: string
  /** The name in the .proto file, which is also accepted. */
  readonly protoName: string
  readonly number: number
  readonly shape:
    | { readonly kind: 'single'; readonly implicit: boolean; readonly required: boolean }
    | { readonly kind: 'list'; readonly packed: boolean }
    | { readonly kind: 'map'; readonly key: ScalarCodec }
  readonly element: Element
  /** Whether null is a value of the field and not its absence. */
  readonly takesNull: boolean
  readonly oneof: OneofPlan | undefined
}

interface OneofPlan {
  readonly name: string
  readonly fields: readonly FieldPlan[]
}

/** Describes a message to the codec. */
export interface MessagePlan {
  readonly typeName: string
  /** By JSON name, and by the name in the .proto file. */
  readonly byKey: ReadonlyMap<string, FieldPlan>
  readonly byNumber: ReadonlyMap<number, FieldPlan>
  readonly required: readonly FieldPlan[]
  /** The conversion of a well-known type whose values differ from its fields. */
  readonly form: SpecialForm | 'any' | undefined
}

const ANY = 'google.protobuf.Any'
const VALUE = 'google.protobuf.Value'
const NULL_VALUE = 'google.protobuf.NullValue'

/** Makes the plans of messages on first use, each once. */
export class Plans {
  readonly #registry: Registry
  readonly #plans = new Map<DescMessage, MessagePlan>()
  readonly #enums = new Map<DescEnum, ScalarCodec>()
  readonly #extensions = new Map<string, DescExtension[]>()

  constructor(registry: Registry) {
    this.#registry = registry
    for (const desc of registry) {
      if (desc.kind === 'extension') addTo(this.#extensions, desc.extendee.typeName, desc)
    }
  }

  /** @returns `undefined` if the schema has no message of that name */
  byName(typeName: string): MessagePlan | undefined {
    const desc = this.#registry.getMessage(typeName)
    return desc === undefined ? undefined : this.of(desc)
  }

  of(desc: DescMessage): MessagePlan {
    const known = this.#plans.get(desc)
    if (known !== undefined) return known
    const byKey = new Map<string, FieldPlan>()
    const byNumber = new Map<number, FieldPlan>()
    const required: FieldPlan[] = []
    const form = desc.typeName === ANY ? 'any' : SPECIAL_FORMS.get(desc.typeName)
    const plan: MessagePlan = { typeName: desc.typeName, byKey, byNumber, required, form }
    // Store the plan before making its fields, because a message may contain itself.
    this.#plans.set(desc, plan)
    const oneofs = new Map<object, { name: string; fields: FieldPlan[] }>()
    for (const field of [...desc.fields, ...(this.#extensions.get(desc.typeName) ?? [])]) {
      const fieldPlan = this.#field(field, oneofs)
      byNumber.set(field.number, fieldPlan)
      byKey.set(fieldPlan.key, fieldPlan)
      if (fieldPlan.shape.kind === 'single' && fieldPlan.shape.required) required.push(fieldPlan)
    }
    for (const field of byNumber.values()) if (!byKey.has(field.protoName)) byKey.set(field.protoName, field)
    return plan
  }

  #field(
    field: DescField | DescExtension,
    oneofs: Map<object, { name: string; fields: FieldPlan[] }>,
  ): FieldPlan {
    const element = this.#element(field)
    let oneof: { name: string; fields: FieldPlan[] } | undefined
    if (field.oneof !== undefined) {
      oneof = oneofs.get(field.oneof) ?? { name: field.oneof.name, fields: [] }
      oneofs.set(field.oneof, oneof)
    }
    const plan: FieldPlan = {
      // Some tools write descriptors without JSON names.
      key: field.kind === 'extension' ? `[${field.typeName}]` : field.jsonName || jsonNameOf(field.name),
      protoName: field.kind === 'extension' ? `[${field.typeName}]` : field.name,
      number: field.number,
      shape: shapeOf(field),
      element,
      takesNull: field.message?.typeName === VALUE || field.enum?.typeName === NULL_VALUE,
      oneof,
    }
    oneof?.fields.push(plan)
    return plan
  }

  #element(field: DescField | DescExtension): Element {
    if (field.message !== undefined) {
      const group = field.fieldKind !== 'map' && 'delimitedEncoding' in field && field.delimitedEncoding
      return { kind: 'message', plan: this.of(field.message), group }
    }
    return {
      kind: 'scalar',
      codec: field.enum === undefined ? scalar(field.scalar!) : this.#enum(field.enum),
    }
  }

  #enum(desc: DescEnum): ScalarCodec {
    const codec = this.#enums.get(desc) ?? (enumCodec(desc) as ScalarCodec)
    this.#enums.set(desc, codec)
    return codec
  }
}

function scalar(type: keyof typeof SCALARS): ScalarCodec {
  return SCALARS[type]
}

function shapeOf(field: DescField | DescExtension): FieldPlan['shape'] {
  switch (field.fieldKind) {
    case 'list':
      return { kind: 'list', packed: field.packed }
    case 'map':
      return { kind: 'map', key: scalar(field.mapKey) }
    default:
      return {
        kind: 'single',
        implicit: field.presence === FeatureSet_FieldPresence.IMPLICIT,
        required: field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED,
      }
  }
}
