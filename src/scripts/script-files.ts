import { realpath, stat } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { readRegularFile } from '../core/read-file.js'
import { fileOfImport, importsOf } from './imports-of.js'

/** More files than this are not watched. */
const MOST_FILES = 1_000
/** Node has no limit for a module either. */
const ANY_SIZE = { most: Number.POSITIVE_INFINITY }
/** What Node loads as code. */
const CODE = /\.[cm]?[jt]s$/
const LOADED = /\.(?:[cm]?[jt]s|json)$/

/** A script and everything of the application that it imports, at one moment. */
export interface ScriptFiles {
  /** The text of each file that Node loads, by the URL that Node gives it. */
  readonly texts: Readonly<Record<string, string>>
  /** The state of each other file. */
  readonly others: Readonly<Record<string, string>>
  /** The state of each file of `texts` before it was read. */
  readonly states: Readonly<Record<string, string>>
  /** The paths to watch, also of files that are missing, with their symbolic links. */
  readonly paths: ReadonlySet<string>
}

/** Reads a script and what it imports. Files that cannot be read have no text. Never rejects. */
export async function readScript(path: string): Promise<ScriptFiles> {
  const texts: Record<string, string> = {}
  const others: Record<string, string> = {}
  const states: Record<string, string> = {}
  const paths = new Set([path])
  // A set may grow while it is read.
  for (const each of paths) {
    const real = await realpath(each).catch(() => undefined)
    if (real === undefined) continue
    const url = pathToFileURL(real)
    if (url.href in texts) continue
    if (each !== path && !LOADED.test(real)) {
      const state = await stat(real).catch(() => undefined)
      if (state?.isFile()) others[url.href] = `${state.ino}:${state.size}:${state.mtimeMs}`
      continue
    }
    const state = await stat(real, { bigint: true }).catch(() => undefined)
    const bytes = await readRegularFile(real, ANY_SIZE).catch(() => undefined)
    if (bytes === undefined) continue
    const text = bytes.toString()
    texts[url.href] = text
    states[url.href] =
      state === undefined ? '' : `${state.ino}:${state.size}:${state.mtimeNs}:${state.ctimeNs}`
    if (each !== path && !CODE.test(real)) continue
    for (const specifier of importsOf(text)) {
      const imported = fileOfImport(specifier, url)
      if (imported !== undefined && paths.size < MOST_FILES) paths.add(imported)
    }
  }
  return { texts, others, states, paths }
}

/** Whether two readings found the same files with the same content. */
export function isSame(one: ScriptFiles, other: ScriptFiles): boolean {
  return areSame(one.texts, other.texts) && areSame(one.others, other.others)
}

/** Whether no file was written between two readings, not even with the same content. */
export function isUntouched(one: ScriptFiles, other: ScriptFiles): boolean {
  return areSame(one.states, other.states) && isSame(one, other)
}

function areSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}
