import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Installation, install, PRINTED } from './support.js'

let app: Installation
beforeAll(async () => {
  app = await install('esbuild@0.28.2', 'vite@8.3.8', 'webpack@5.113.0')
})
afterAll(() => app?.remove())

/** Copies the workers as docs/bundlers.md says. */
const copyWorkers = (folder: string) =>
  cp(join(app.folder, 'node_modules/nemo-gateway/dist/workers'), join(app.folder, folder, 'workers'), {
    recursive: true,
  })

const missing = (file: string) =>
  `ConfigError: the worker of "memory" is missing: expected the file ${join(app.folder, file)}. Mark "nemo-gateway" as external`

describe('esbuild', () => {
  const esbuild = (out: string, ...options: readonly string[]) =>
    app.run('esbuild', 'main.mjs', '--bundle', '--platform=node', `--outfile=${out}`, ...options)

  test('leaves the package out with --external', async () => {
    await esbuild('esbuild/external.mjs', '--format=esm', '--external:nemo-gateway')
    expect(JSON.parse(await app.run('node', 'esbuild/external.mjs'))).toEqual(PRINTED)
  })

  test('bundles the host code beside the workers, and minifies all names but those of errors', async () => {
    await esbuild('esbuild/bundle.mjs', '--format=esm', '--minify')
    expect(await app.run('node', 'esbuild/bundle.mjs')).toContain(
      missing('esbuild/workers/memory-broker.mjs'),
    )
    await copyWorkers('esbuild')
    expect(JSON.parse(await app.run('node', 'esbuild/bundle.mjs'))).toEqual(PRINTED)
  })

  test('as CommonJS has no address for the workers, which is an error that says what to do', async () => {
    await esbuild('esbuild/bundle.cjs', '--format=cjs', '--log-level=error')
    expect(await app.run('node', 'esbuild/bundle.cjs')).toContain('Mark "nemo-gateway" as external')
  })
})

describe('webpack', () => {
  test.each([
    // Minified, each worker takes some seconds.
    [
      'a minified module',
      'main.mjs',
      'experiments: { outputModule: true }',
      'module: true, chunkFormat: "module"',
    ],
    ['CommonJS', 'main.cjs', 'optimization: { minimize: false }', ''],
  ])('copies the workers beside %s, without a warning', async (_, filename, options, output) => {
    await mkdir(join(app.folder, 'webpack'), { recursive: true })
    await app.write({
      'webpack.mjs': `
        import webpack from 'webpack'
        const path = import.meta.dirname + '/webpack'
        webpack({ mode: 'production', target: 'node20', entry: './main.mjs', ${options},
          output: { path, filename: '${filename}', ${output} } },
          (failure, stats) => console.log(failure ?? stats.toString('errors-warnings')))`,
    })
    expect(await app.run('node', 'webpack.mjs')).not.toMatch(/WARNING|ERROR/)
    expect(JSON.parse(await app.run('node', `webpack/${filename}`))).toEqual(PRINTED)
  })
})

describe('vite', () => {
  const build = (out: string) => app.run('vite', 'build', '--ssr', 'main.mjs', '--outDir', out)

  test('leaves the package out of a server build', async () => {
    await build('vite')
    expect(JSON.parse(await app.run('node', 'vite/main.mjs'))).toEqual(PRINTED)
  })

  test('with noExternal needs the workers beside its bundle', async () => {
    await app.write({ 'vite.config.mjs': 'export default { ssr: { noExternal: true } }' })
    await build('vite-bundled')
    const output = await app.run('node', 'vite-bundled/main.mjs')
    const folder = /expected the file .*\/(vite-bundled\/.*)workers\/memory-broker\.mjs/.exec(output)![1]!
    await copyWorkers(folder)
    expect(JSON.parse(await app.run('node', 'vite-bundled/main.mjs'))).toEqual(PRINTED)
  })
})
