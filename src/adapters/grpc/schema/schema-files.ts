import type { ProtobufSchema, SchemaFile } from '../../../wire/protobuf/protobuf-schema.js'

/** Finds the files of a schema that a reflection client requests. */
export class SchemaFiles {
  readonly #schema: ProtobufSchema

  constructor(schema: ProtobufSchema) {
    this.#schema = schema
  }

  /** Returns the file and all its imports, each once; `undefined` if there is no such file. */
  byName(name: string): Uint8Array[] | undefined {
    const { files } = this.#schema
    const found = new Map<string, SchemaFile>()
    const left = [name]
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const file = files.get(next)
      if (file === undefined || found.has(next)) continue
      found.set(next, file)
      left.push(...file.descriptor.dependency)
    }
    return found.size === 0 ? undefined : [...found.values()].map(({ bytes }) => bytes)
  }

  containing(symbol: string): Uint8Array[] | undefined {
    const name =
      this.#fileOf(symbol) ?? this.#fileOf(symbol.slice(0, Math.max(0, symbol.lastIndexOf('.'))), symbol)
    return name === undefined ? undefined : this.byName(name)
  }

  /**
   * Finds the file that declares a type.
   * @param member full name of a method or field that the type must have, because the registry does not index
   * members
   */
  #fileOf(typeName: string, member?: string): string | undefined {
    const desc = this.#schema.registry.get(typeName)
    if (desc === undefined) return undefined
    if (member !== undefined) {
      const name = member.slice(typeName.length + 1)
      const members = desc.kind === 'service' ? desc.methods : desc.kind === 'message' ? desc.fields : []
      if (!members.some((other) => other.name === name)) return undefined
    }
    return `${desc.file.name}.proto`
  }
}
