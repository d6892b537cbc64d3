import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documented, type Installation, install, missing, PRINTED } from './support.js'

// Bundlers that copy the workers beside the bundle by themselves.

let app: Installation
beforeAll(async () => {
  app = await install(
    'webpack@5.113.0',
    'minimizer-webpack-plugin@5.14.1',
    '@rspack/core@2.3.3',
    '@vercel/ncc@0.45.0',
  )
})
afterAll(() => app?.remove())

/** Its own minifier takes a minute of a core for the workers, which those of the others minify in seconds. */
const HOST_ALONE = 'optimization: { minimizer: [new Minimizer({ include: /main/ })] },'

describe.each([
  {
    name: 'webpack',
    load: `import bundler from 'webpack'\nimport Minimizer from 'minimizer-webpack-plugin'`,
    asModule: `experiments: { outputModule: true }, ${HOST_ALONE}`,
  },
  { name: 'rspack', load: `import { rspack as bundler } from '@rspack/core'`, asModule: '' },
])('$name', ({ name, load, asModule }) => {
  const build = async (filename: string, options: string, output: string) => {
    await mkdir(join(app.folder, name), { recursive: true })
    await app.write({
      [`${name}.mjs`]: `
        ${load}
        const path = import.meta.dirname + '/${name}'
        bundler({ mode: 'production', target: 'node20', entry: './main.mjs', ${options}
          output: { path, filename: '${filename}', ${output} } },
          (failure, stats) => console.log(failure ?? stats.toString('errors-warnings')))`,
    })
    expect(await app.run('node', `${name}.mjs`)).not.toMatch(/WARNING|ERROR/i)
  }
  const module = 'module: true, chunkFormat: "module"'

  test('copies the workers beside a minified module', async () => {
    await build('main.mjs', asModule, module)
    expect(JSON.parse(await app.run('node', `${name}/main.mjs`))).toEqual(PRINTED)
  })

  test('copies the workers beside CommonJS', async () => {
    await build('main.cjs', 'optimization: { minimize: false },', '')
    expect(JSON.parse(await app.run('node', `${name}/main.cjs`))).toEqual(PRINTED)
  })

  test('leaves the package out with the line of the page', async () => {
    await build('external.mjs', `${asModule} ${await documented(name)},`, module)
    expect(JSON.parse(await app.run('node', `${name}/external.mjs`))).toEqual(PRINTED)
  })
})

describe('ncc', () => {
  test.each(['main.mjs', 'require.cjs'])('copies the workers beside %s, minified', async (file) => {
    const out = `ncc-${file.replace('.', '-')}`
    await app.run('ncc', 'build', file, '--out', out, '--minify')
    const bundle = `${out}/index.${file.endsWith('.mjs') ? 'mjs' : 'cjs'}`
    expect(JSON.parse(await app.run('node', bundle))).toEqual(PRINTED)
    const worker = await copyOf('mqtt-broker.cjs', join(app.folder, out))
    await rm(worker)
    const output = await app.run('node', bundle)
    expect(output).toContain(missing(worker))
    expect(output).toContain(await documented('ncc'))
  })
})

/** Finds the copy of a worker by its content, because a bundler may give it another name. */
async function copyOf(worker: string, folder: string): Promise<string> {
  const content = await readFile(join(app.folder, 'node_modules/nemo-gateway/dist/workers', worker))
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if (name.endsWith('.cjs') && content.equals(await readFile(path))) return path
  }
  throw new Error(`there is no copy of ${worker} in ${folder}`)
}
