import { create } from '@bufbuild/protobuf'
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
} from '@bufbuild/protobuf/wkt'
import protobufjs from 'protobufjs'
import { entryFields, fieldOf } from './fields.js'
import { entryNameOf, type Names, within } from './names.js'
import { featuresOf, flag, optionsOf } from './options.js'

const { REPEATED } = FieldDescriptorProto_Label
const { MESSAGE } = FieldDescriptorProto_Type

/** Makes the descriptor of a message, including its nested declarations. */
function messageOf(type: protobufjs.Type, scope: string, names: Names): DescriptorProto {
  const fullName = within(scope, type.name)
  names.declared.set(fullName, 'message')
  const own = type.fieldsArray.filter((field) => field.declaringField === null)
  const oneofs = sortedOneofs(type)
  const entries: DescriptorProto[] = []
  const field = own.map((field) => {
    const oneof = field.partOf === null ? {} : { oneofIndex: oneofs.indexOf(field.partOf) }
    if (!(field instanceof protobufjs.MapField)) return fieldOf(field, fullName, names, oneof)
    const entry = entryOf(field, fullName, names)
    entries.push(entry)
    return fieldOf(field, fullName, names, {
      label: REPEATED,
      type: MESSAGE,
      typeName: `.${within(fullName, entry.name)}`,
    })
  })
  const { enumType, nestedType, extension } = declarations(type.nestedArray, fullName, names)
  const options = optionsOf(type)
  return create(DescriptorProtoSchema, {
    name: type.name,
    field,
    nestedType: [...nestedType, ...entries],
    enumType,
    extension,
    extensionRange: ranges(type.extensions, 1),
    oneofDecl: oneofs.map((oneof) => ({ name: oneof.name, ...wrapped(featuresOf(optionsOf(oneof))) })),
    reservedRange: ranges(type.reserved, 1),
    reservedName: (type.reserved ?? []).filter((item) => typeof item === 'string'),
    ...wrapped({
      ...flag('deprecated', options.deprecated),
      ...flag('messageSetWireFormat', options.message_set_wire_format),
      ...featuresOf(options),
    }),
  })
}

/** Makes the descriptors of the messages, enums and extensions in one scope. */
export function declarations(objects: readonly protobufjs.ReflectionObject[], scope: string, names: Names) {
  return {
    nestedType: objects
      .filter((object) => object instanceof protobufjs.Type)
      .map((type) => messageOf(type, scope, names)),
    enumType: objects
      .filter((object) => object instanceof protobufjs.Enum)
      .map((type) => enumOf(type, scope, names)),
    extension: objects
      .filter((object) => object instanceof protobufjs.Field)
      .map((field) => fieldOf(field, scope, names, {})),
  }
}

/** Returns the oneofs of a message. Those that the parser made for `optional` come last, as in protoc. */
function sortedOneofs(type: protobufjs.Type): readonly protobufjs.OneOf[] {
  const isReal = (oneof: protobufjs.OneOf) =>
    oneof.fieldsArray.every((field) => optionsOf(field).proto3_optional !== true)
  const all = type.oneofsArray
  return [...all.filter(isReal), ...all.filter((oneof) => !isReal(oneof))]
}

function entryOf(field: protobufjs.MapField, scope: string, names: Names): DescriptorProto {
  const name = entryNameOf(field.name)
  return create(DescriptorProtoSchema, {
    name,
    field: entryFields(field, within(scope, name), names),
    options: { mapEntry: true },
  })
}

function enumOf(type: protobufjs.Enum, scope: string, names: Names): EnumDescriptorProto {
  names.declared.set(within(scope, type.name), 'enum')
  const options = optionsOf(type)
  return create(EnumDescriptorProtoSchema, {
    name: type.name,
    value: Object.entries(type.values).map(([name, number]) => ({ name, number })),
    // The end of an enum's reserved range is inclusive.
    reservedRange: ranges(type.reserved, 0),
    reservedName: (type.reserved ?? []).filter((item) => typeof item === 'string'),
    ...wrapped({
      ...flag('allowAlias', options.allow_alias),
      ...flag('deprecated', options.deprecated),
      ...featuresOf(options),
    }),
  })
}

function ranges(items: readonly (readonly number[] | string)[] | undefined, beyond: number) {
  return (items ?? [])
    .filter((item) => typeof item !== 'string')
    .map(([start, end]) => ({ start: start!, end: end! + beyond }))
}

/** Wraps options, or returns nothing if none is set. */
function wrapped<T extends object>(options: T | undefined): { options?: T } {
  return options === undefined || Object.keys(options).length === 0 ? {} : { options }
}
