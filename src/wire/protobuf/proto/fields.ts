import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt'
import protobufjs from 'protobufjs'
import { jsonNameOf } from '../json-name.js'
import type { Names } from './names.js'
import { featuresOf, flag, type Options, optionsOf } from './options.js'

const { OPTIONAL, REPEATED, REQUIRED } = FieldDescriptorProto_Label

const SCALARS: ReadonlyMap<string, FieldDescriptorProto_Type> = new Map([
  ['double', FieldDescriptorProto_Type.DOUBLE],
  ['float', FieldDescriptorProto_Type.FLOAT],
  ['int64', FieldDescriptorProto_Type.INT64],
  ['uint64', FieldDescriptorProto_Type.UINT64],
  ['int32', FieldDescriptorProto_Type.INT32],
  ['fixed64', FieldDescriptorProto_Type.FIXED64],
  ['fixed32', FieldDescriptorProto_Type.FIXED32],
  ['bool', FieldDescriptorProto_Type.BOOL],
  ['string', FieldDescriptorProto_Type.STRING],
  ['bytes', FieldDescriptorProto_Type.BYTES],
  ['uint32', FieldDescriptorProto_Type.UINT32],
  ['sfixed32', FieldDescriptorProto_Type.SFIXED32],
  ['sfixed64', FieldDescriptorProto_Type.SFIXED64],
  ['sint32', FieldDescriptorProto_Type.SINT32],
  ['sint64', FieldDescriptorProto_Type.SINT64],
])

type FieldInit = Exclude<MessageInitShape<typeof FieldDescriptorProtoSchema>, FieldDescriptorProto>

/** Makes the descriptor of a field. Its type and extendee are set when their names are resolved. */
export function fieldOf(
  field: protobufjs.Field,
  scope: string,
  names: Names,
  more: FieldInit,
): FieldDescriptorProto {
  const options = optionsOf(field)
  const descriptor = create(FieldDescriptorProtoSchema, {
    name: field.name,
    number: field.id,
    label: field.repeated ? REPEATED : field.rule === 'required' ? REQUIRED : OPTIONAL,
    jsonName: typeof options.json_name === 'string' ? options.json_name : jsonNameOf(field.name),
    ...fieldOptions(options),
    ...defaultValue(field, options),
    ...(options.proto3_optional === true ? { proto3Optional: true } : {}),
    ...more,
  })
  if (descriptor.typeName === '') nameType(descriptor, field.type, isGroup(field), scope, names)
  const { extend } = field
  if (extend !== undefined)
    names.references.push({
      name: extend,
      scope,
      owner: 'extend',
      needsMessage: true,
      resolved: (fullName) => {
        descriptor.extendee = `.${fullName}`
      },
    })
  return descriptor
}

/** Makes the two fields of a map's entry message. */
export function entryFields(field: protobufjs.MapField, scope: string, names: Names): FieldDescriptorProto[] {
  const part = (name: string, number: number, type: string): FieldDescriptorProto => {
    const descriptor = create(FieldDescriptorProtoSchema, { name, number, label: OPTIONAL, jsonName: name })
    nameType(descriptor, type, false, scope, names, field.name)
    return descriptor
  }
  return [part('key', 1, field.keyType), part('value', 2, field.type)]
}

function nameType(
  descriptor: FieldDescriptorProto,
  type: string,
  group: boolean,
  scope: string,
  names: Names,
  owner = descriptor.name,
): void {
  const scalar = SCALARS.get(type)
  if (scalar !== undefined) {
    descriptor.type = scalar
    return
  }
  const { ENUM, GROUP, MESSAGE } = FieldDescriptorProto_Type
  names.references.push({
    name: type,
    scope,
    owner,
    needsMessage: false,
    resolved(fullName, isEnum) {
      descriptor.typeName = `.${fullName}`
      descriptor.type = isEnum ? ENUM : group ? GROUP : MESSAGE
    },
  })
}

/** Whether a field is a group, whose message is declared beside it. */
function isGroup(field: protobufjs.Field): boolean {
  const parent = field.parent
  const type = parent instanceof protobufjs.Namespace ? parent.get(field.type) : null
  return type instanceof protobufjs.Type && (type as { group?: boolean }).group === true
}

function fieldOptions(options: Options): FieldInit {
  const features = featuresOf(options)
  const { packed, deprecated } = options
  if (packed === undefined && deprecated === undefined && features === undefined) return {}
  return { options: { ...flag('packed', packed), ...flag('deprecated', deprecated), ...features } }
}

function defaultValue(field: protobufjs.Field, { default: value }: Options): FieldInit {
  switch (typeof value) {
    case 'string':
      // Descriptors escape bytes. The parser unescapes them, sometimes wrongly, so only plain ASCII is kept.
      return field.type === 'bytes' && !/^[ !#-&(-[\]-~]*$/.test(value) ? {} : { defaultValue: value }
    case 'boolean':
      return { defaultValue: String(value) }
    case 'number':
      if (Number.isNaN(value)) return { defaultValue: 'nan' }
      if (!Number.isFinite(value)) return { defaultValue: value > 0 ? 'inf' : '-inf' }
      // The parser reads integers as doubles, so a default beyond 2^53 may be rounded and is left out.
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? {} : { defaultValue: String(value) }
    default:
      return {}
  }
}
