import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Diagnostics } from './hcl/diagnostics.js'
import { type Body, parse } from './hcl/index.js'
import { masked } from './mask.js'

const LARGEST = 16 * 1024 * 1024

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'it may not be read',
  EISDIR: 'it is a folder',
}

/** A file that was read: what is in it, and its lines with the secrets blacked out. */
export interface SourceFile {
  readonly body: Body
  readonly line: (line: number) => string
}

/** Reads a file, or every `*.hcl` of a folder in the order of their names. Faults are in the diagnostics. */
export function readFiles(path: string, diagnostics: Diagnostics): Map<string, SourceFile> {
  const files = new Map<string, SourceFile>()
  for (const file of filesAt(path, diagnostics)) {
    const text = textOf(file, diagnostics)
    if (text === undefined) continue
    const faultsBefore = diagnostics.items.length
    const body = parse(text, file, diagnostics)
    files.set(file, { body, line: masked(body, diagnostics.items.length > faultsBefore) })
  }
  return files
}

function filesAt(path: string, diagnostics: Diagnostics): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    const names = readdirSync(path)
      .filter((name) => name.endsWith('.hcl'))
      .sort()
    if (names.length === 0) unreadable(path, 'the folder holds no *.hcl file', diagnostics)
    return names.map((name) => join(path, name))
  } catch (error) {
    unreadable(path, reasonOf(error), diagnostics)
    return []
  }
}

function textOf(path: string, diagnostics: Diagnostics): string | undefined {
  try {
    const { size } = statSync(path)
    if (size <= LARGEST)
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path))
    unreadable(path, `it is larger than ${LARGEST} bytes`, diagnostics)
  } catch (error) {
    unreadable(path, reasonOf(error), diagnostics)
  }
  return undefined
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'it is no UTF-8 text'
  return REASONS[code ?? ''] ?? `it cannot be read (${code})`
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
