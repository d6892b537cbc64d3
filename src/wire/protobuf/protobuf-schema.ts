import { create, createFileRegistry, type FileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import { SerializeError } from '../../core/errors.js'
import { bundledFile } from './bundled.js'

/** The descriptor of one file, with the bytes it came in. */
export interface SchemaFile {
  readonly descriptor: FileDescriptorProto
  readonly bytes: Uint8Array
}

/** A complete set of descriptors. */
export interface ProtobufSchema {
  readonly registry: FileRegistry
  /** By name; each after those that it imports. */
  readonly files: ReadonlyMap<string, SchemaFile>
}

/**
 * Makes a schema of the descriptors of its files, in any order. Well-known files may be missing.
 * @throws SerializeError when an import is missing or a descriptor is not valid
 */
export function protobufSchema(given: Iterable<SchemaFile>): ProtobufSchema {
  const files = ordered(new Map([...given].map((file) => [file.descriptor.name, file])))
  const set = create(FileDescriptorSetSchema, {
    file: [...files.values()].map(({ descriptor }) => descriptor),
  })
  try {
    return { registry: createFileRegistry(set), files }
  } catch (cause) {
    throw new SerializeError(`protobuf: the schema is not valid: ${(cause as Error).message}`, { cause })
  }
}

/** A file as it came. @throws SerializeError when the bytes are no descriptor of a file */
export function schemaFile(bytes: Uint8Array): SchemaFile {
  try {
    return { descriptor: fromBinary(FileDescriptorProtoSchema, bytes), bytes }
  } catch (cause) {
    throw new SerializeError(`protobuf: the descriptor of a file is not valid: ${(cause as Error).message}`)
  }
}

/** A file that we have made a descriptor of. */
export function writtenFile(descriptor: FileDescriptorProto): SchemaFile {
  return { descriptor, bytes: toBinary(FileDescriptorProtoSchema, descriptor) }
}

function ordered(given: ReadonlyMap<string, SchemaFile>): ReadonlyMap<string, SchemaFile> {
  const done = new Map<string, SchemaFile>()
  const open = new Set<string>()
  // An own stack: the names come from the network, and may be a very long chain.
  const left: { name: string; from: string; leave: boolean }[] = []
  for (const name of given.keys()) left.push({ name, from: '', leave: false })
  while (left.length > 0) {
    const { name, from, leave } = left.pop()!
    const file = given.get(name) ?? bundled(name)
    if (file === undefined)
      throw new SerializeError(`protobuf: the schema lacks ${name}, which ${from} imports`)
    if (leave) {
      open.delete(name)
      done.set(name, file)
      continue
    }
    if (done.has(name)) continue
    if (open.has(name)) throw new SerializeError(`protobuf: ${name} imports itself, by way of ${from}`)
    open.add(name)
    left.push({ name, from, leave: true })
    for (const dependency of file.descriptor.dependency)
      left.push({ name: dependency, from: name, leave: false })
  }
  return done
}

function bundled(name: string): SchemaFile | undefined {
  const file = bundledFile(name)
  return file === undefined ? undefined : writtenFile(file.proto)
}
