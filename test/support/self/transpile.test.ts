import { access, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'

let transpile: (root: string) => string[]
beforeAll(async () => {
  // It is JavaScript, so it stays where it is written.
  const path = new URL('../../../../test/transpile.js', import.meta.url).href
  transpile = ((await import(path)) as { transpile: typeof transpile }).transpile
})

async function project() {
  const root = await mkdtemp(join(tmpdir(), 'nemo-transpile-'))
  onTestFinished(() => rm(root, { recursive: true }))
  await mkdir(join(root, 'src'))
  const write = (file: string, text: string) => writeFile(join(root, file), text)
  const output = (file: string) => readFile(join(root, 'dist', file), 'utf8')
  return { root, write, output }
}

test('types go away, what is not used as a value is not imported', async () => {
  const { root, write, output } = await project()
  await write('src/a.ts', "import type { B } from './b.js'\nexport const a: number = 1 as B\n")
  await write('src/b.ts', 'export type B = number\n')
  expect(transpile(root).sort()).toEqual(['src/a.ts', 'src/b.ts'])
  expect(await output('src/a.js')).toMatch(/^export const a = 1;\n\/\/# sourceMappingURL=a\.js\.map\n$/)
  expect(JSON.parse(await output('src/a.js.map'))).toMatchObject({ sources: ['../../src/a.ts'] })
})

test('only what changed is written; the output of a source that is gone goes too', async () => {
  const { root, write, output } = await project()
  await write('src/a.ts', 'export const a = 1\n')
  await write('src/b.ts', 'export const b = 1\n')
  transpile(root)
  expect(transpile(root)).toEqual([])
  await write('src/a.ts', 'export const a = 2\n')
  const later = new Date(Date.now() + 60_000)
  await utimes(join(root, 'src/a.ts'), later, later)
  await rm(join(root, 'src/b.ts'))
  expect(transpile(root)).toEqual(['src/a.ts'])
  expect(await output('src/a.js')).toContain('a = 2')
  await expect(access(join(root, 'dist/src/b.js'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a source that cannot be read is named', async () => {
  const { root, write } = await project()
  await write('src/a.ts', 'export const = 1\n')
  expect(() => transpile(root)).toThrow(/^src\/a\.ts: /)
})
