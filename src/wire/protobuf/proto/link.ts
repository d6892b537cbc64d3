import { didYouMean } from '../../../core/did-you-mean.js'
import type { UnlinkedFile } from './file.js'
import { type Reference, within } from './names.js'
import { protoError } from './parse.js'
import { lineAt } from './position.js'

type Kind = 'message' | 'enum'

/**
 * Resolves every name in the files by the scoping rules of Protocol Buffers: from the innermost scope outwards, among
 * the declarations of the file and its imports.
 * @throws ConfigError with the type and the file
 */
export function link(files: readonly UnlinkedFile[]): void {
  const byName = new Map(files.map((file) => [file.parsed.name, file]))
  for (const file of files) {
    const visible = new Map<string, Kind>(file.names.declared)
    for (const name of file.parsed.imports) collect(name, byName, visible, new Set())
    for (const reference of file.names.references) resolve(reference, file, visible, files)
  }
}

/** Adds the names that a file provides to files that import it. */
function collect(
  name: string,
  files: ReadonlyMap<string, UnlinkedFile>,
  visible: Map<string, Kind>,
  seen: Set<string>,
): void {
  const file = files.get(name)
  if (file === undefined || seen.has(name)) return
  seen.add(name)
  for (const [fullName, kind] of file.names.declared) visible.set(fullName, kind)
  for (const further of file.parsed.publicImports) collect(further, files, visible, seen)
}

function resolve(
  reference: Reference,
  file: UnlinkedFile,
  visible: ReadonlyMap<string, Kind>,
  files: readonly UnlinkedFile[],
): void {
  const fullName = find(reference, (name) => visible.has(name))
  if (fullName === undefined) throw unresolved(reference, file, visible, files)
  const isEnum = visible.get(fullName) === 'enum'
  if (isEnum && reference.needsMessage)
    throw fault(reference, file, `${fullName} is an enum, expected a message`)
  reference.resolved(fullName, isEnum)
}

function find({ name, scope }: Reference, exists: (name: string) => boolean): string | undefined {
  if (name.startsWith('.')) return exists(name.slice(1)) ? name.slice(1) : undefined
  for (let outer = scope; ; outer = outer.slice(0, Math.max(0, outer.lastIndexOf('.')))) {
    const candidate = within(outer, name)
    if (exists(candidate)) return candidate
    if (outer === '') return undefined
  }
}

function unresolved(
  reference: Reference,
  file: UnlinkedFile,
  visible: ReadonlyMap<string, Kind>,
  files: readonly UnlinkedFile[],
) {
  const { name } = reference
  const elsewhere = files.find(
    ({ names }) => find(reference, (name) => names.declared.has(name)) !== undefined,
  )
  if (elsewhere !== undefined)
    return fault(
      reference,
      file,
      `the type ${name} is declared in ${elsewhere.parsed.name}, which is not imported`,
    )
  const near = didYouMean(last(name), [...visible.keys()].map(last))
  return fault(
    reference,
    file,
    `the type ${name} is not declared${near === undefined ? '' : `; did you mean ${near}?`}`,
  )
}

function last(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

function fault(reference: Reference, { parsed }: UnlinkedFile, message: string) {
  return protoError(parsed.path, parsed.source, lineOf(reference, parsed.source), message)
}

/** Finds the first line with the type beside its owner, because the parser does not keep positions. */
function lineOf({ name, owner }: Reference, source: string): number {
  const type = name.replace(/[.]/g, '\\s*\\.\\s*')
  const index = source.search(
    new RegExp(`(?<![\\w.])(?:${type}[\\s>]+${owner}|${owner}\\b[^;{}]*?${type})(?!\\w)`),
  )
  return lineAt(source, index)
}
