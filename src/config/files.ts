import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isConfigurationName } from '../core/configuration-name.js'
import type { NoteFile } from '../core/note-file.js'
import { readRegularFileNow, UnfitFile } from '../core/read-file.js'
import type { Diagnostics } from './hcl/diagnostics.js'
import { type Body, parse } from './hcl/index.js'
import { masked } from './mask.js'

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'the file or folder does not exist',
  EACCES: 'the process lacks the permission to read it',
}

/** Such a file was cut short, by a full disk or an editor, rather than meant so. */
const EMPTY =
  'the file is empty, and the gateway runs blocks that it had; to remove them, delete the file or leave a comment in it'

/** A parsed file, with a function that returns its lines with secrets masked. */
export interface SourceFile {
  readonly body: Body
  readonly line: (line: number) => string
}

export interface FileOptions {
  /** Called with the path, the files of a folder, and each file that they refer to. */
  readonly noteFile?: NoteFile
  /**
   * Whether the path may be that of a pipe, which is read to its end. Only for a process that has nothing else to do
   * meanwhile.
   */
  readonly acceptsPipe?: boolean
  /** The files whose blocks a gateway runs, absolute. One of a folder must not be empty now. */
  readonly inUse?: ReadonlySet<string>
}

/** Reads a file, or every `*.hcl` file of a folder in the order of their names. Errors go to the diagnostics. */
export function readFiles(
  path: string,
  diagnostics: Diagnostics,
  { noteFile, acceptsPipe = false, inUse }: FileOptions = {},
): Map<string, SourceFile> {
  const files = new Map<string, SourceFile>()
  noteFile?.(path)
  for (const file of filesAt(path, diagnostics)) {
    noteFile?.(file)
    const text = textOf(file, acceptsPipe && file === path, diagnostics)
    if (text === undefined) continue
    if (text.trim() === '' && file !== path && inUse?.has(resolve(file)) === true)
      unreadable(file, EMPTY, diagnostics)
    const faultsBefore = diagnostics.items.length
    const body = parse(text, file, diagnostics, noteFile)
    files.set(file, { body, line: masked(body, diagnostics.items.length > faultsBefore) })
  }
  return files
}

function filesAt(path: string, diagnostics: Diagnostics): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    const names = readdirSync(path).filter(isConfigurationName).sort()
    if (names.length === 0) unreadable(path, 'the folder contains no *.hcl file', diagnostics)
    return names.map((name) => join(path, name))
  } catch (error) {
    unreadable(path, reasonOf(error), diagnostics)
    return []
  }
}

function textOf(path: string, acceptsPipe: boolean, diagnostics: Diagnostics): string | undefined {
  try {
    const bytes = readRegularFileNow(path, { acceptsPipe })
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    unreadable(path, reasonOf(error), diagnostics)
    return undefined
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof UnfitFile) return error.message
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'the file is not UTF-8 text'
  return REASONS[code ?? ''] ?? `reading failed (${code})`
}

function unreadable(file: string, reason: string, diagnostics: Diagnostics): void {
  diagnostics.add({
    severity: 'error',
    file,
    line: 0,
    column: 0,
    message: `the configuration cannot be read: ${reason}`,
    expected: 'an HCL file, or a folder with *.hcl files',
  })
}
