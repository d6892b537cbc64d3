import { create, createFileRegistry, type FileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import { SerializeError } from '../../core/errors/operation.js'
import { bundledFile } from './bundled.js'

/** The descriptor of one file, and its serialised bytes. */
export interface SchemaFile {
  readonly descriptor: FileDescriptorProto
  readonly bytes: Uint8Array
}

/** A complete set of descriptors. */
export interface ProtobufSchema {
  readonly registry: FileRegistry
  /** By name; each file comes after its imports. */
  readonly files: ReadonlyMap<string, SchemaFile>
}

/**
 * Makes a schema from the descriptors of its files, in any order. Well-known files may be missing.
 * @throws SerializeError if an import is missing or a descriptor is not valid
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

/** Reads the serialised descriptor of a file. @throws SerializeError if the bytes are not a descriptor */
export function schemaFile(bytes: Uint8Array): SchemaFile {
  try {
    return { descriptor: fromBinary(FileDescriptorProtoSchema, bytes), bytes }
  } catch (cause) {
    throw new SerializeError(`protobuf: the descriptor of a file is not valid: ${(cause as Error).message}`)
  }
}

/** Serialises a descriptor. */
export function writtenFile(descriptor: FileDescriptorProto): SchemaFile {
  return { descriptor, bytes: toBinary(FileDescriptorProtoSchema, descriptor) }
}

function ordered(given: ReadonlyMap<string, SchemaFile>): ReadonlyMap<string, SchemaFile> {
  const done = new Map<string, SchemaFile>()
  const open = new Set<string>()
  // No recursion: descriptors may come from the network, and a long chain of imports could exhaust the stack.
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
