import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../docs/markdown.js'
import { findExecutable } from '../support/executable.js'
import { buildRust, findRust, type Rust } from '../support/rust.js'

const run = promisify(execFile)
const MAIN = new URL('../../src/cli/main.js', import.meta.url).pathname
const env = { ...process.env, NEMO_GATEWAY: `${process.execPath} ${MAIN}` }

const python = await findExecutable('python3')
const rust = await findRust().catch((error: Error) => error)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nemo-examples-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test.skipIf(python === undefined)('the program in Python', async () => {
  const { stdout } = await run(python!, [join(ROOT, 'examples/embed-python/app.py')], { env })
  expect(stdout.split('\n')).toEqual([
    'connected to nemo-gateway',
    "message: prices/eur {'price': 1.5}",
    'call: 5',
    'error: rpc retryable: False',
    "job: {'n': 1} attempt 1",
    'acknowledged: True',
    "data: {'celsius': 21}",
    '',
  ])
})

const why = rust instanceof Error ? ` (skipped: ${rust.message})` : ''
describe.skipIf(rust instanceof Error)(`the program in Rust${why}`, () => {
  let program: string
  beforeAll(async () => {
    const sources = join(folder, 'embed-rust')
    await cp(join(ROOT, 'examples/embed-rust'), sources, { recursive: true })
    program = join(await buildRust(rust as Rust, sources, join(folder, 'target')), 'embed-rust')
  }, 300_000)

  test('prints what it says', async () => {
    const configuration = join(ROOT, 'examples/embed-rust/gateway.hcl')
    const { stdout } = await run(program, [configuration], { env })
    expect(stdout.replace(/at \d+ ms/, 'at … ms').split('\n')).toEqual([
      'first update of prices: {"cents":1}, at … ms',
      'sum of the others: 500499',
      'connected: true',
      'call: 5',
      'error: "rpc" retryable: false',
      'job: {"n":1} attempt 1',
      'acknowledged: true',
      'ended: exit status: 0',
      '',
    ])
  })
})
