import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRegistry } from './registry.js'
import { execute, PRINTED, PROGRAMS, ROOT, temporaryFolder, writeFiles } from './support.js'

const MOST_BYTES = 30_000_000
/** From which Plug'n'Play unpacks the package: its cache. */
const ARCHIVE = /^nemo-gateway-npm-.*\.zip$/

interface Manager {
  /** Installs what the manifest names. @returns what it printed */
  install(run: Run): Promise<string>
  /** Runs a file of the application as this manager asks for. @returns what it printed */
  node(run: Run, ...args: readonly string[]): Promise<string>
  readonly settings?: Readonly<Record<string, string>>
  /** What it always prints, whatever is installed. */
  readonly notOurs?: RegExp
}
/** Runs a program in the folder of the application, both of its streams together. */
type Run = (command: string, ...args: readonly string[]) => Promise<string>

let folder: string
let registry: Awaited<ReturnType<typeof startRegistry>>
beforeAll(async () => {
  folder = await temporaryFolder()
  const tools = join(folder, 'tools')
  await mkdir(tools)
  await writeFiles(tools, { 'package.json': '{ "private": true }' })
  const packages = ['pnpm@12.4.2', 'yarn@1.22.22', '@yarnpkg/cli-dist@4.18.1']
  await execute('npm', ['install', '--no-audit', '--no-fund', ...packages], tools)
  registry = await startRegistry(folder)
})
afterAll(async () => {
  registry?.close()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

const tool = (path: string) => join(folder, 'tools/node_modules', path)
const cache = () => join(folder, 'cache')
const plainNode: Manager['node'] = (run, ...args) => run(process.execPath, ...args)

const MANAGERS: Readonly<Record<string, Manager>> = {
  npm: {
    install: (run) => run('npm', 'install', '--cache', cache()),
    node: plainNode,
  },
  'pnpm with its isolated store': {
    install: (run) => run(tool('.bin/pnpm'), 'install', '--store-dir', cache()),
    node: plainNode,
  },
  'yarn classic': {
    install: (run) => run(process.execPath, tool('yarn/bin/yarn.js'), 'install', '--cache-folder', cache()),
    node: plainNode,
  },
  "yarn with Plug'n'Play": {
    install: (run) => run(process.execPath, tool('@yarnpkg/cli-dist/bin/yarn.js'), 'install'),
    node: (run, ...args) => run(process.execPath, tool('@yarnpkg/cli-dist/bin/yarn.js'), 'node', ...args),
    settings: {
      YARN_ENABLE_GLOBAL_CACHE: 'false',
      // Where the environment says that this is CI, yarn refuses to write the first lockfile of an application.
      YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
      YARN_ENABLE_TELEMETRY: 'false',
      YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    },
    // Any application that is an ES module gets it.
    notOurs: /^.*ESM support for PnP uses the experimental loader API.*$|Done with warnings/gm,
  },
}

describe.each(Object.entries(MANAGERS))('%s', (name, manager) => {
  let app: string
  let run: Run
  let installed: string
  beforeAll(async () => {
    app = join(folder, nameOf(name))
    await mkdir(app)
    const manifest = {
      name: 'application',
      version: '1.0.0',
      license: 'MIT',
      private: true,
      type: 'module',
      dependencies: { 'nemo-gateway': '*' },
    }
    const npmrc = `registry=${registry.url}\n`
    await writeFiles(app, { 'package.json': JSON.stringify(manifest), '.npmrc': npmrc, ...PROGRAMS })
    const settings = { YARN_NPM_REGISTRY_SERVER: registry.url, ...manager.settings }
    run = (command, ...args) => shell(app, settings, command, args)
    installed = await manager.install(run)
  })

  test('installs one package of less than 30 MB, and says nothing that worries', async () => {
    expect(installed.replaceAll(manager.notOurs ?? /^$/g, '')).not.toMatch(
      /warn|error|deprecat|fail|must be built/i,
    )
    expect([...new Set(await packagesIn(app))].sort()).toEqual(['nemo-gateway'])
    const entries = await readdir(app, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile() && !ARCHIVE.test(entry.name))
    const sizes = await Promise.all(files.map((file) => stat(join(file.parentPath, file.name))))
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(MOST_BYTES)
  })

  test.each(['main.mjs', 'require.cjs', 'import.cjs'])('runs %s to its end', async (file) => {
    expect(JSON.parse(await manager.node(run, file))).toEqual(PRINTED)
  })
})

test('types are found in an isolated store', async () => {
  const app = join(folder, nameOf('pnpm with its isolated store'))
  await writeFiles(app, { 'typed.mts': PROGRAMS['program.mjs'] })
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')]
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', ...types]
  expect(await shell(app, {}, process.execPath, [tsc, ...options, '--ignoreConfig', 'typed.mts'])).toBe('')
})

/** The folder of an application. */
const nameOf = (manager: string) => manager.replaceAll(/\W/g, '-')

/** Warnings of Node about the code of a package manager are not ours. */
function shell(
  cwd: string,
  env: NodeJS.ProcessEnv,
  command: string,
  args: readonly string[],
): Promise<string> {
  return execute('sh', ['-c', 'exec "$@" 2>&1', 'sh', command, ...args], cwd, {
    NODE_NO_WARNINGS: '1',
    ...env,
  })
}

/** The packages that an application has: unpacked, or in the archives of Plug'n'Play. */
async function packagesIn(app: string): Promise<readonly string[]> {
  const entries = await readdir(app, { recursive: true, withFileTypes: true })
  const unpacked = entries
    .filter(
      ({ name, parentPath }) => name === 'package.json' && /node_modules\/(@[^/]+\/)?[^/]+$/.test(parentPath),
    )
    .map(({ parentPath }) =>
      dirname(parentPath).endsWith('node_modules')
        ? basename(parentPath)
        : parentPath.split('/').slice(-2).join('/'),
    )
  const archives = entries.flatMap(({ name }) => /^(.+)-npm-.*\.zip$/.exec(name)?.[1] ?? [])
  return [...unpacked, ...archives]
}
