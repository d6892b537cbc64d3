import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** A program that uses the package; tells what messages and errors look like. It is TypeScript as well. */
export const PROGRAM = `
export async function main() {
  const broker = await Gateway.start({ brokers: { local: { type: 'mqtt', listen: { port: 0 } } } })
  const { port } = broker.metrics().brokers.local
  const gateway = await Gateway.start({
    integrations: {
      bus: { type: 'memory' },
      events: { type: 'mqtt', endpoint: { address: '127.0.0.1', port } },
    },
  })
  try {
    const received = []
    for (const name of ['bus', 'events']) {
      const subscription = await gateway.pubsub(name).subscribe('prices/#')
      await gateway.pubsub(name).publish('prices/eur', { value: 1.08 }, { qos: 1 })
      const message = await subscription.recv()
      received.push([name, message?.topic, message?.value])
    }
    const refused = await gateway.rpc('bus').call('none').then(() => [], ({ name, kind }) => [name, kind])
    return { received, errors: [...refused, new CancelledError().name] }
  } finally {
    await gateway.shutdown()
    await broker.shutdown()
  }
}
`
export const PRINTED = {
  received: ['bus', 'events'].map((name) => [name, 'prices/eur', { value: 1.08 }]),
  errors: ['RpcError', 'rpc', 'CancelledError'],
}

const IMPORT = `import { CancelledError, Gateway } from 'nemo-gateway'\n`
/** Runs the program above. */
export const MAIN = `
main().then((result) => console.log(JSON.stringify(result)), (error) => console.log(error.name + ': ' + error.message))
`

/** The program for an ES module, and for CommonJS in its two ways. */
export const PROGRAMS = {
  'program.mjs': IMPORT + PROGRAM,
  'main.mjs': `import { main } from './program.mjs'\n${MAIN}`,
  'require.cjs': `const { CancelledError, Gateway } = require('nemo-gateway')\n${PROGRAM.replace('export ', '')}${MAIN}`,
  'import.cjs': `const program = async () => {
  const { CancelledError, Gateway } = await import('nemo-gateway')
  ${PROGRAM.replace('export ', '')}
  return main()
}
${MAIN.replace('main()', 'program()')}`,
}

/** A folder in which the packed package is installed. */
export interface Installation {
  readonly folder: string
  /** Runs a program of Node, or of `node_modules/.bin`, to its end. @returns stdout @throws with both streams */
  run(command: string, ...args: readonly string[]): Promise<string>
  write(files: Readonly<Record<string, string>>): Promise<void>
  /** Copies the workers as docs/bundlers.md says. @param to the folder of the file with the host code */
  copyWorkers(to: string): Promise<void>
  remove(): Promise<void>
}

/** Packs this package, and installs it as an application would, beside packages from the registry. */
export async function install(...packages: readonly string[]): Promise<Installation> {
  const folder = await temporaryFolder()
  const installation = inFolder(folder)
  const filename = await pack(ROOT, folder)
  await installation.write({ 'package.json': '{ "private": true }', ...PROGRAMS })
  await execute('npm', ['install', '--no-audit', '--no-fund', `./${filename}`, ...packages], folder)
  return installation
}

export const temporaryFolder = () => mkdtemp(join(tmpdir(), 'nemo-package-'))

/** Packs the package in a folder as it is. @returns the name of the file in `to` */
export async function pack(from: string, to: string): Promise<string> {
  const packed = await execute('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', to], from)
  // npm 11 gives an object by name, earlier ones a list.
  const [{ filename }] = Object.values(JSON.parse(packed)) as [{ filename: string }]
  return filename
}

/** What an application sees of a bundle that lost its workers. */
export const missing = (file: string) =>
  `ConfigError: the worker of "mqtt" is missing: expected the file ${file}. Mark "nemo-gateway" as external`

/** What docs/bundlers.md says is to be done in a bundler: the line that its row has. */
export async function documented(bundler: string): Promise<string> {
  const page = await readFile(join(ROOT, 'docs/bundlers.md'), 'utf8')
  const row = page.split('\n').find((line) => line.startsWith('|') && line.includes(bundler))
  const line = /`([^`]*nemo-gateway[^`]*)`/.exec(row ?? '')?.[1]
  if (line === undefined) throw new Error(`docs/bundlers.md has no line for ${bundler}`)
  return line
}

function inFolder(folder: string): Installation {
  return {
    folder,
    run: (command, ...args) =>
      command === 'node'
        ? execute(process.execPath, args, folder)
        : execute(join(folder, 'node_modules', '.bin', command), args, folder),
    write: (files) => writeFiles(folder, files),
    copyWorkers: (to) =>
      cp(join(folder, 'node_modules/nemo-gateway/dist/workers'), join(folder, to, 'workers'), {
        recursive: true,
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text)
}

/** A program that hangs is ended, so that it fails its own test and outlives none. */
const LONGEST_MS = 280_000

export async function execute(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const running = promisify(execFile)(command, args, {
    cwd,
    env: { ...process.env, NODE_ENV: '', NEXT_TELEMETRY_DISABLED: '1', ...env },
    maxBuffer: 64 * 1_024 * 1_024,
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  })
  const { stdout } = await running.catch((error) => {
    // Its message has the command and stderr; many programs complain on stdout.
    throw new Error(`${error.message}\n${error.stdout}`, { cause: error })
  })
  return stdout
}
