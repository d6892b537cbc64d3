import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { guides, linksOf, ROOT } from '../docs/markdown.js'
import { type Installation, install, MAIN, PRINTED, PROGRAM, PROGRAMS } from './support.js'

const MOST_BYTES = 30_000_000

let app: Installation
let installed: string
let files: readonly string[]
beforeAll(async () => {
  app = await install('typescript@6.0.3', '@types/node@20.19.43', 'pino@10.4.0')
  installed = join(app.folder, 'node_modules/nemo-gateway')
  const entries = await readdir(installed, { recursive: true, withFileTypes: true })
  files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
})
afterAll(() => app?.remove())

test('runs as it is installed', async () => {
  expect(JSON.parse(await app.run('node', 'main.mjs'))).toEqual(PRINTED)
  expect(await app.run('nemo-gateway', '--help')).toContain('nemo-gateway run')
})

test('brings no other package, and no install script', async () => {
  const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
  expect(manifest.dependencies).toBeUndefined()
  expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([])
})

test('is small, and names no source map', async () => {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size))
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_BYTES)
  const code = files.filter((file) => /\.(m?js|d\.ts)$/.test(file))
  const mapped = await Promise.all(
    code.map(async (file) =>
      /^\/\/# sourceMappingURL=/m.test(await readFile(file, 'utf8')) ? file : undefined,
    ),
  )
  expect(mapped.filter((file) => file !== undefined)).toEqual([])
})

test('has the declarations that its entry points lead to, which name no package', async () => {
  const declarations = files.filter((file) => file.endsWith('.d.ts'))
  expect(declarations.length).toBeGreaterThan(20)
  expect(declarations.length).toBeLessThan(250)
  const texts = await Promise.all(declarations.map((file) => readFile(file, 'utf8')))
  const named = texts.flatMap((text) => [...text.matchAll(/(?:from |import\()'([^'.][^']*)'/g)])
  expect(named.map(([, specifier]) => specifier).filter((name) => !name!.startsWith('node:'))).toEqual([])
})

test('has every page of the documentation, and every file that they link to', async () => {
  const pages = await guides()
  const links = pages.flatMap((page) =>
    linksOf(page)
      .filter((link) => !/^(https?:|#)/.test(link))
      .map((link) => join(dirname(page.path), link.replace(/#.*/, ''))),
  )
  const needed = new Set([...pages.map(({ path }) => path), ...links])
  expect(needed.size).toBeGreaterThan(30)
  // The tests of the documentation look after links to what does not exist.
  const inRepository = [...needed].filter((path) => existsSync(join(ROOT, path)))
  expect(inRepository.filter((path) => !existsSync(join(installed, path)))).toEqual([])
})

test('type checks as it is installed, its own declarations and the configuration included', async () => {
  await app.write({
    'typed.mts': `
      import { type CustomManifest, Gateway } from 'nemo-gateway'
      import type { ProtocolAdapter } from 'nemo-gateway/adapter'
      import { adapterCompliance } from 'nemo-gateway/testing'
      import pino from 'pino'
      export const start: Promise<Gateway> = Gateway.start('gateway.hcl')
      export const inline = Gateway.start({ integrations: { bus: { type: 'memory', timeout: '2s' } } })
      export const logged = [console, pino(), () => {}].map((logger) => Gateway.start('gateway.hcl', { logger }))
      // @ts-expect-error a time-out is text or a number
      export const wrong = Gateway.start({ integrations: { bus: { type: 'memory', timeout: true } } })
      export type Parts = [CustomManifest, ProtocolAdapter, typeof adapterCompliance]`,
  })
  expect(await tsc('nodenext', 'nodenext', '--noEmit', 'typed.mts')).toBe('')
})

const ES_MODULE = `import { CancelledError, Gateway } from 'nemo-gateway'\n${PROGRAM}${MAIN}`

test.each([
  ['node16', 'node16', { 'a.mts': ES_MODULE, 'b.cts': PROGRAMS['import.cjs'] }],
  // Of an import in CommonJS, TypeScript makes a call of require.
  ['nodenext', 'nodenext', { 'a.mts': ES_MODULE, 'b.cts': ES_MODULE }],
  ['bundler', 'esnext', { 'a.mts': ES_MODULE }],
])('compiles with moduleResolution %s and module %s, and runs', async (resolution, module, sources) => {
  await app.write(sources)
  const files = Object.keys(sources)
  expect(await tsc(resolution, module, '--outDir', resolution, ...files)).toBe('')
  for (const file of files) {
    const compiled = `${resolution}/${file.replace('ts', 'js')}`
    expect(JSON.parse(await app.run('node', compiled))).toEqual(PRINTED)
  }
})

test.each(['require.cjs', 'import.cjs'])('CommonJS runs with %s', async (file) => {
  expect(JSON.parse(await app.run('node', file))).toEqual(PRINTED)
})

test('pino writes what the gateway logs, with its fields', async () => {
  await app.write({
    'pino.mjs': `
      import { Gateway } from 'nemo-gateway'
      import pino from 'pino'
      const integrations = { bus: { type: 'memory' } }
      const gateway = await Gateway.start({ integrations }, { logger: pino({ level: 'debug' }) })
      await gateway.connections.get('bus')
      await gateway.shutdown()`,
  })
  const lines = (await app.run('node', 'pino.mjs')).trim().split('\n')
  const started = { level: 30, msg: 'actor:started', integration: 'bus' }
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(expect.objectContaining(started))
})

function tsc(resolution: string, module: string, ...args: readonly string[]): Promise<string> {
  const how = ['--moduleResolution', resolution, '--module', module, '--target', 'es2022', '--types', 'node']
  return app.run('tsc', '--strict', ...how, ...args)
}
