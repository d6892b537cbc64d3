import { nestedTypes } from '@bufbuild/protobuf/reflect'
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import type { NoteFile } from '../../../core/note-file.js'
import { bundledFile } from '../bundled.js'
import { fileOf, type UnlinkedFile } from './file.js'
import { ProtoFolders, type ProtoText } from './folders.js'
import { link } from './link.js'
import { type ParsedProto, parseProto, protoError } from './parse.js'
import { lineAt } from './position.js'

/**
 * Reads .proto files and their imports, and makes their descriptors as protoc would: proto2, proto3 and editions,
 * without custom options and comments. An import is searched in `includeDirs`, then beside the given files, then among
 * the well-known files.
 * @param noteFile called with each file before it is read
 * @throws ConfigError with the file and the line of the fault
 */
export async function loadProtoFiles(
  files: readonly string[],
  includeDirs: readonly string[],
  noteFile: NoteFile = () => {},
): Promise<readonly FileDescriptorProto[]> {
  const folders = new ProtoFolders(files, includeDirs, noteFile)
  const loaded = new Map<string, UnlinkedFile>()
  for (const root of folders.roots) await load(root.name, await folders.textOfRoot(root))
  const all = [...loaded.values()]
  link(all)
  return all.map(({ descriptor }) => descriptor)

  async function load(name: string, text: ProtoText): Promise<void> {
    if (loaded.has(name)) return
    const parsed = parseProto(name, text.path, text.source)
    loaded.set(name, fileOf(parsed))
    for (const imported of parsed.imports) {
      if (loaded.has(imported)) continue
      const found = await folders.textOf(imported)
      if (found !== undefined) await load(imported, found)
      else loaded.set(imported, bundled(imported) ?? notFound(imported, parsed, folders.paths))
    }
  }
}

function bundled(name: string): UnlinkedFile | undefined {
  const file = bundledFile(name)
  if (file === undefined) return undefined
  const declared = new Map<string, 'message' | 'enum'>()
  for (const type of nestedTypes(file))
    if (type.kind === 'message' || type.kind === 'enum') declared.set(type.typeName, type.kind)
  const parsed: ParsedProto = {
    name,
    path: name,
    source: '',
    package: file.proto.package,
    syntax: file.proto.syntax,
    imports: file.proto.dependency,
    publicImports: [],
    declarations: [],
  }
  return { parsed, descriptor: file.proto, names: { references: [], declared } }
}

function notFound(name: string, { path, source }: ParsedProto, folders: readonly string[]): never {
  throw protoError(
    path,
    source,
    lineAt(source, source.indexOf(name)),
    `the import ${JSON.stringify(name)} is not found in ${folders.join(', ')}`,
  )
}
