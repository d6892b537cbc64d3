import { create } from '@bufbuild/protobuf'
import {
  Edition,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  MethodOptions_IdempotencyLevel,
  type ServiceDescriptorProto,
  ServiceDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt'
import protobufjs from 'protobufjs'
import { declarations } from './messages.js'
import { type Names, within } from './names.js'
import { flag, optionsOf } from './options.js'
import type { ParsedProto } from './parse.js'

/** The descriptor of a file whose names are not resolved yet. */
export interface UnlinkedFile {
  readonly parsed: ParsedProto
  readonly descriptor: FileDescriptorProto
  readonly names: Names
}

/** Makes the descriptor of a parsed file, without custom options. */
export function fileOf(parsed: ParsedProto): UnlinkedFile {
  const names: Names = { references: [], declared: new Map() }
  const { nestedType, enumType, extension } = declarations(parsed.declarations, parsed.package, names)
  const descriptor = create(FileDescriptorProtoSchema, {
    name: parsed.name,
    package: parsed.package,
    dependency: [...parsed.imports],
    publicDependency: parsed.publicImports.map((name) => parsed.imports.indexOf(name)),
    messageType: nestedType,
    enumType,
    extension,
    service: parsed.declarations
      .filter((object) => object instanceof protobufjs.Service)
      .map((service) => serviceOf(service, parsed.package, names)),
    ...syntaxOf(parsed.syntax),
  })
  return { parsed, descriptor, names }
}

function syntaxOf(syntax: string) {
  if (syntax === 'proto2') return {}
  if (syntax === 'proto3') return { syntax }
  return { syntax: 'editions', edition: Edition[`EDITION_${syntax}` as keyof typeof Edition] }
}

function serviceOf(service: protobufjs.Service, scope: string, names: Names): ServiceDescriptorProto {
  const fullName = within(scope, service.name)
  const descriptor = create(ServiceDescriptorProtoSchema, {
    name: service.name,
    method: service.methodsArray.map((method) => ({
      name: method.name,
      ...flag('clientStreaming', method.requestStream),
      ...flag('serverStreaming', method.responseStream),
      ...methodOptions(method),
    })),
  })
  service.methodsArray.forEach(({ name: owner, requestType, responseType }, i) => {
    const method = descriptor.method[i]!
    const reference = { scope: fullName, owner, needsMessage: true }
    names.references.push({
      ...reference,
      name: requestType,
      resolved: (type) => {
        method.inputType = `.${type}`
      },
    })
    names.references.push({
      ...reference,
      name: responseType,
      resolved: (type) => {
        method.outputType = `.${type}`
      },
    })
  })
  return descriptor
}

function methodOptions(method: protobufjs.Method) {
  const { deprecated, idempotency_level: level } = optionsOf(method)
  const idempotencyLevel =
    MethodOptions_IdempotencyLevel[level as keyof typeof MethodOptions_IdempotencyLevel]
  if (deprecated === undefined && idempotencyLevel === undefined) return {}
  return {
    options: {
      ...flag('deprecated', deprecated),
      ...(idempotencyLevel === undefined ? {} : { idempotencyLevel }),
    },
  }
}
