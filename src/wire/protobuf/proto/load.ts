import { readFile } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { nestedTypes } from '@bufbuild/protobuf/reflect'
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { bundledFile } from '../bundled.js'
import { unreadable } from '../unreadable.js'
import { fileOf, type UnlinkedFile } from './file.js'
import { link } from './link.js'
import { type ParsedProto, parseProto, protoError } from './parse.js'
import { lineAt } from './position.js'

/**
 * Reads .proto files and their imports, and makes their descriptors as protoc would: proto2, proto3 and editions,
 * without custom options and comments. An import is searched in `includeDirs`, then beside the given files, then among
 * the well-known files.
 * @throws ConfigError with the file and the line of the fault
 */
export async function loadProtoFiles(
  files: readonly string[],
  includeDirs: readonly string[],
): Promise<readonly FileDescriptorProto[]> {
  const roots = files.map((file) => rootOf(file, includeDirs))
  const folders = [
    ...new Set([...includeDirs.map((dir) => resolve(dir)), ...roots.map(({ folder }) => folder)]),
  ]
  const loaded = new Map<string, UnlinkedFile>()
  for (const { name, path } of roots) await load(name, { path, source: await textAt(path) })
  const all = [...loaded.values()]
  link(all)
  return all.map(({ descriptor }) => descriptor)

  async function load(name: string, text: Text): Promise<void> {
    if (loaded.has(name)) return
    const parsed = parseProto(name, text.path, text.source)
    loaded.set(name, fileOf(parsed))
    for (const imported of parsed.imports) {
      if (loaded.has(imported)) continue
      const found = await textOf(imported, folders)
      if (found !== undefined) await load(imported, found)
      else loaded.set(imported, bundled(imported) ?? notFound(imported, parsed, folders))
    }
  }
}

interface Text {
  readonly path: string
  readonly source: string
}

/** The name by which others import a file: relative to the include folder that contains it, else its base name. */
function rootOf(file: string, includeDirs: readonly string[]) {
  const path = resolve(file)
  for (const dir of includeDirs) {
    const name = relative(resolve(dir), path)
    if (name !== '' && !name.startsWith('..') && !isAbsolute(name))
      return { path, name: name.split(sep).join('/'), folder: resolve(dir) }
  }
  return { path, name: basename(path), folder: dirname(path) }
}

async function textAt(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw unreadable(path, cause as Error)
  }
}

async function textOf(name: string, folders: readonly string[]): Promise<Text | undefined> {
  // An import must not leave the folders.
  if (isAbsolute(name) || name.split('/').includes('..')) return undefined
  for (const folder of folders) {
    const path = join(folder, name)
    try {
      return { path, source: await readFile(path, 'utf8') }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(path, cause as Error)
    }
  }
  return undefined
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
