import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documented, type Installation, install, missing, PRINTED } from './support.js'

// Bundlers that leave the package out of the bundle, or bundle its code and leave its workers behind.

let app: Installation
beforeAll(async () => {
  app = await install(
    'esbuild@0.28.2',
    'vite@8.3.8',
    'rollup@4.68.8',
    '@rollup/plugin-node-resolve@16.0.3',
    '@rollup/plugin-terser@1.0.2',
  )
})
afterAll(() => app?.remove())

/** A bundle that lacks its workers says so and what to do; with the workers beside it, it runs. */
async function runsWithWorkers(bundle: string, bundler: string): Promise<void> {
  const output = await app.run('node', bundle)
  const file = /expected the file (\S+)\/workers\/mqtt/.exec(output)?.[1]
  expect(output).toContain(missing(`${file}/workers/mqtt-broker.cjs`))
  expect(output).toContain(await documented(bundler))
  await app.copyWorkers(file!.slice(app.folder.length))
  expect(JSON.parse(await app.run('node', bundle))).toEqual(PRINTED)
}

describe('esbuild', () => {
  const esbuild = (out: string, ...options: readonly string[]) =>
    app.run('esbuild', 'main.mjs', '--bundle', '--platform=node', `--outfile=${out}`, ...options)

  test('leaves the package out with --external', async () => {
    await esbuild('esbuild/external.mjs', '--format=esm', await documented('esbuild'))
    expect(JSON.parse(await app.run('node', 'esbuild/external.mjs'))).toEqual(PRINTED)
  })

  test('bundles the host code beside the workers, and minifies all names but those of errors', async () => {
    await esbuild('esbuild/bundle.mjs', '--format=esm', '--minify')
    await runsWithWorkers('esbuild/bundle.mjs', 'esbuild')
  })

  test('as CommonJS has no address for the workers, which is an error that says what to do', async () => {
    await esbuild('esbuild/bundle.cjs', '--format=cjs', '--log-level=error')
    const output = await app.run('node', 'esbuild/bundle.cjs')
    expect(output).toContain('Mark "nemo-gateway" as external')
    expect(output).toContain(await documented('esbuild'))
    await esbuild('esbuild/external.cjs', '--format=cjs', await documented('esbuild'))
    expect(JSON.parse(await app.run('node', 'esbuild/external.cjs'))).toEqual(PRINTED)
  })
})

describe('rollup', () => {
  const build = async (name: string, line: string, format = 'es') => {
    await app.write({
      'rollup.config.mjs': `
        import resolve from '@rollup/plugin-node-resolve'
        import terser from '@rollup/plugin-terser'
        export default { input: 'main.mjs', plugins: [resolve({ exportConditions: ['node'] }), terser()], ${line},
          output: { dir: 'rollup/${name}', format: '${format}', inlineDynamicImports: false } }`,
    })
    await app.run('rollup', '--config', 'rollup.config.mjs', '--failAfterWarnings')
  }

  test.each(['es', 'cjs'])('leaves the package out with the line of the page (%s)', async (format) => {
    await build(format, await documented('rollup'), format)
    await app.write({ [`rollup/${format}/package.json`]: format === 'es' ? '{ "type": "module" }' : '{}' })
    expect(JSON.parse(await app.run('node', `rollup/${format}/main.js`))).toEqual(PRINTED)
  })

  test('bundles the host code beside the workers, and minifies all names but those of errors', async () => {
    await build('bundled', 'external: /^node:/')
    await app.write({ 'rollup/bundled/package.json': '{ "type": "module" }' })
    await runsWithWorkers('rollup/bundled/main.js', 'rollup')
  })
})

describe('vite', () => {
  const build = (out: string) => app.run('vite', 'build', '--ssr', 'main.mjs', '--outDir', out)
  const configure = (ssr: string) => app.write({ 'vite.config.mjs': `export default { ${ssr} }` })

  test('leaves the package out of a server build', async () => {
    await configure('')
    await build('vite')
    expect(JSON.parse(await app.run('node', join('vite', 'main.mjs')))).toEqual(PRINTED)
  })

  test('with noExternal needs the workers beside its bundle', async () => {
    await configure('ssr: { noExternal: true }, build: { minify: true }')
    await build('vite-bundled')
    await runsWithWorkers('vite-bundled/main.mjs', 'vite')
  })

  test('with noExternal and the line of the page leaves the package out', async () => {
    const line = await documented('vite')
    await configure(line.replace('{ ', '{ noExternal: true, '))
    await build('vite-external')
    expect(JSON.parse(await app.run('node', 'vite-external/main.mjs'))).toEqual(PRINTED)
  })
})
