import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { NoteFile } from '../../../core/note-file.js'
import { readRegularFile } from '../../../core/read-file.js'
import { unreadable } from '../unreadable.js'

/** The text of a .proto file, and where it was found. */
export interface ProtoText {
  readonly path: string
  readonly source: string
}

/** A .proto file that is named by its path, not by an import. */
interface Root {
  readonly path: string
  /** The name by which others import it: relative to the include folder that contains it, else its base name. */
  readonly name: string
  readonly folder: string
}

const IMPORT = /^\s*import\s+(?:public\s+|weak\s+)?(["'])([^"'\n]+)\1/gm

/** The folders in which the imports of .proto files are searched: include folders, then those of the files. */
export class ProtoFolders {
  readonly roots: readonly Root[]
  readonly paths: readonly string[]
  readonly #noteFile: NoteFile

  /** @param noteFile called with each file before it is read, also with those that do not exist */
  constructor(files: readonly string[], includeDirs: readonly string[], noteFile: NoteFile) {
    this.roots = files.map((file) => rootOf(file, includeDirs))
    const given = includeDirs.map((dir) => resolve(dir))
    this.paths = [...new Set([...given, ...this.roots.map(({ folder }) => folder)])]
    this.#noteFile = noteFile
  }

  /** @throws ConfigError if it cannot be read */
  async textOfRoot({ path }: Root): Promise<ProtoText> {
    this.#noteFile(path)
    try {
      return { path, source: (await readRegularFile(path)).toString() }
    } catch (cause) {
      throw unreadable(path, cause as Error)
    }
  }

  /** Finds an import; `undefined` if no folder has it. @throws ConfigError if it cannot be read */
  async textOf(name: string): Promise<ProtoText | undefined> {
    // An import must not leave the folders.
    if (isAbsolute(name) || name.split('/').includes('..')) return undefined
    for (const folder of this.paths) {
      const path = join(folder, name)
      this.#noteFile(path)
      try {
        return { path, source: (await readRegularFile(path)).toString() }
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(path, cause as Error)
      }
    }
    return undefined
  }
}

/**
 * Reads .proto files and their imports without parsing them, to see whether they have changed.
 * @throws ConfigError if one cannot be read; a missing import is none
 */
export async function readProtoTexts(
  files: readonly string[],
  includeDirs: readonly string[],
  noteFile: NoteFile,
): Promise<readonly ProtoText[]> {
  const folders = new ProtoFolders(files, includeDirs, noteFile)
  const found = new Map<string, ProtoText>()
  for (const root of folders.roots) found.set(root.path, await folders.textOfRoot(root))
  // A map may grow while it is read.
  for (const { source } of found.values())
    for (const [, , name] of source.matchAll(IMPORT)) {
      const imported = await folders.textOf(name!)
      if (imported !== undefined && !found.has(imported.path)) found.set(imported.path, imported)
    }
  return [...found.values()]
}

function rootOf(file: string, includeDirs: readonly string[]): Root {
  const path = resolve(file)
  for (const dir of includeDirs) {
    const name = relative(resolve(dir), path)
    if (name !== '' && !name.startsWith('..') && !isAbsolute(name))
      return { path, name: name.split(sep).join('/'), folder: resolve(dir) }
  }
  return { path, name: basename(path), folder: dirname(path) }
}
