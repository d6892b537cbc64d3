import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** A program that uses the package; prints what a message and an error look like. */
export const PROGRAM = `
import { CancelledError, Gateway } from 'nemo-gateway'

export async function main() {
  const gateway = await Gateway.start({ integrations: { bus: { type: 'memory' } } })
  try {
    const prices = gateway.pubsub('bus')
    const subscription = await prices.subscribe('prices/#')
    await prices.publish('prices/eur', { value: 1.08 })
    const message = await subscription.recv()
    const error = await gateway.rpc('bus').call('none').catch((reason) => reason)
    return [message.topic, message.value.value, error.name, error.kind, new CancelledError().name]
  } finally {
    await gateway.shutdown()
  }
}
`
export const PRINTED = ['prices/eur', 1.08, 'RpcError', 'rpc', 'CancelledError']

/** Runs the program above. */
export const MAIN = `
import { main } from './program.mjs'
main().then((result) => console.log(JSON.stringify(result)), (error) => console.log(error.name + ': ' + error.message))
`

/** A folder in which the packed package is installed. */
export interface Installation {
  readonly folder: string
  /** Runs a program of Node, or of `node_modules/.bin`, to its end. @returns stdout @throws with both streams */
  run(command: string, ...args: readonly string[]): Promise<string>
  write(files: Readonly<Record<string, string>>): Promise<void>
  remove(): Promise<void>
}

/** Packs this package, and installs it as an application would, beside packages from the registry. */
export async function install(...packages: readonly string[]): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-package-'))
  const installation = inFolder(folder)
  const packed = await execute(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', folder],
    ROOT,
  )
  // npm 11 gives an object by name, earlier ones a list.
  const [{ filename }] = Object.values(JSON.parse(packed)) as [{ filename: string }]
  await installation.write({
    'package.json': '{ "private": true }',
    'program.mjs': PROGRAM,
    'main.mjs': MAIN,
  })
  await execute('npm', ['install', '--no-audit', '--no-fund', `./${filename}`, ...packages], folder)
  return installation
}

function inFolder(folder: string): Installation {
  return {
    folder,
    run: (command, ...args) =>
      command === 'node'
        ? execute(process.execPath, args, folder)
        : execute(join(folder, 'node_modules', '.bin', command), args, folder),
    write: async (files) => {
      for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text)
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

async function execute(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, {
    cwd,
    env: { ...process.env, NODE_ENV: '', NEXT_TELEMETRY_DISABLED: '1' },
    maxBuffer: 64 * 1_024 * 1_024,
  })
  return stdout
}
