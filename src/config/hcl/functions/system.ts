import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { CallContext, HclFunction } from '../values.js'
import { FunctionFault, hclFunction } from './define.js'

/** Thrown for an environment variable that is not set and has no default. */
export class MissingEnvironment {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

const MAX_FILE = 16 * 1024 * 1024

const REASONS: Record<string, string> = {
  ENOENT: 'the file does not exist',
  EACCES: 'the process lacks the permission to read the file',
  EISDIR: 'expected a file, found a folder',
}

function readText(path: string, { file, noteFile }: CallContext): string {
  const full = resolve(dirname(file), path)
  noteFile(full)
  try {
    const { size } = statSync(full)
    if (size > MAX_FILE)
      throw new FunctionFault(`the file exceeds the limit of ${MAX_FILE} bytes`, { argument: 0 })
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(full))
  } catch (error) {
    if (error instanceof FunctionFault) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw new FunctionFault('the file is not UTF-8 text', { argument: 0 })
    }
    const hint = 'paths are relative to the configuration file'
    throw new FunctionFault(REASONS[code ?? ''] ?? 'the file cannot be read', { argument: 0, hint })
  }
}

/** Functions that read from outside the configuration. */
export const systemFunctions: Record<string, HclFunction> = {
  env: {
    ...hclFunction('env(name, default)', ['string', 'any?'], ([name, fallback], { environment }) => {
      const value = environment(name)
      if (value !== undefined) return value
      if (fallback === undefined) throw new MissingEnvironment(name)
      return fallback
    }),
    sensitive: true,
  },
  file: {
    ...hclFunction('file(path)', ['string'], ([path], context) => readText(path, context)),
    sensitive: true,
  },
}
