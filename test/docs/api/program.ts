import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

/** A source that the package exports. */
export interface Source {
  readonly specifier: string
  readonly page: string
  readonly path: string
}

/** The entry points with types, as package.json has them. */
export function sources(): readonly Source[] {
  const { name, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    name: string
    exports: Readonly<Record<string, string | { readonly types: string }>>
  }
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string'
      ? []
      : [
          {
            specifier: path === '.' ? name : `${name}${path.slice(1)}`,
            page: path === '.' ? 'index' : path.slice(2).replaceAll('/', '-'),
            path: target.types.replace('./dist/', '').replace(/\.d\.ts$/, '.ts'),
          },
        ],
  )
}

/** Sources and what they import, as the compiler reads them. */
export function compile(all: readonly Source[]): ts.Program {
  const file = join(ROOT, 'tsconfig.json')
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(file, ts.sys.readFile).config,
    ts.sys,
    ROOT,
  )
  return ts.createProgram(
    all.map(({ path }) => resolve(ROOT, path)),
    { ...options, noEmit: true },
  )
}
