import { dirname, resolve } from 'node:path'
import { readRegularFileNow, UnfitFile } from '../../../core/read-file.js'
import type { CallContext, HclFunction } from '../values.js'
import { FunctionFault, hclFunction } from './define.js'

/** Thrown for an environment variable that is not set and has no default. */
export class MissingEnvironment {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'the file does not exist',
  EACCES: 'the process lacks the permission to read the file',
}

function readText(path: string, { file, noteFile }: CallContext): string {
  const full = resolve(dirname(file), path)
  noteFile(full)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readRegularFileNow(full))
  } catch (error) {
    if (error instanceof UnfitFile) throw new FunctionFault(error.message, { argument: 0 })
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
