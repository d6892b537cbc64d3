// Runs test files now and after every change of a source: npm run test:watch -- test/wire/utf8
import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { transpile } from './transpile.js'

const root = join(import.meta.dirname, '..')
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const filters = process.argv
  .slice(2)
  .map((path) => path.replace(/^(?:\.\/)?(?:dist\/)?/, '').replace(/\.ts$/, '.js'))
if (filters.length === 0) {
  process.stderr.write('test:watch needs test files: npm run test:watch -- test/wire/utf8\n')
  process.exit(2)
}

let run
let wanted = resolvers()

for (const folder of ['src', 'workers', 'test', 'bench'])
  watch(join(root, folder), { recursive: true }, (_, name) => {
    if (name?.endsWith('.ts')) wanted.resolve()
  })

for (;;) {
  start()
  await wanted.promise
  // An editor may write a file in several steps.
  await sleep(20)
}

function start() {
  wanted = resolvers()
  run?.kill()
  try {
    transpile(root)
    const args = [vitest, 'run', '--config', 'test/vitest.config.js', ...filters]
    run = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
  }
}

function resolvers() {
  let resolve
  const promise = new Promise((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
