import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CheckedConfig, checkConfig, type LoadOptions } from '../../src/config/load.js'

/** Where the fixtures are: beside the sources, which are not copied to `dist`. */
export const FIXTURES = new URL('../../../test/config/fixtures/', import.meta.url).pathname

/** Checks a text as if it were the file `gateway.hcl`. */
export function checkText(text: string, options: LoadOptions = {}): CheckedConfig {
  return checkFiles({ 'gateway.hcl': text }, options)
}

/** Checks a folder with such files. */
export function checkFiles(
  files: Readonly<Record<string, string>>,
  options: LoadOptions = {},
): CheckedConfig {
  const folder = mkdtempSync(join(tmpdir(), 'nemo-config-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return checkConfig(folder, { env: {}, ...options })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** `line:column message` of every diagnostic. */
export function places({ diagnostics }: CheckedConfig): string[] {
  return diagnostics.map(({ line, column, message }) => `${line}:${column} ${message}`)
}
