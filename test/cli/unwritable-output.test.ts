import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FIXTURES, MAIN } from './support.js'

let folder: string
let file: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nemo-output-'))
  file = join(folder, 'gateway.hcl')
  await writeFile(file, 'integration "bus" {\n  type = "memory"\n}\n')
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs a command whose output goes to a disk that is full. */
async function onFullDisk(args: readonly string[]): Promise<[number | null, string]> {
  const full = openSync('/dev/full', 'w')
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', full, 'pipe'] })
  closeSync(full)
  let stderr = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return new Promise((resolve) => child.once('close', (code) => resolve([code, stderr])))
}

test.concurrent.each<readonly string[]>([
  ['help'],
  ['--version'],
  ['schema'],
  ['check', `${FIXTURES}plan/old.hcl`],
  ['check', `${FIXTURES}plan/old.hcl`, '--json'],
  ['plan', `${FIXTURES}plan/new.hcl`, '--from', `${FIXTURES}plan/old.hcl`],
  ['plan', `${FIXTURES}plan/new.hcl`, '--from', `${FIXTURES}plan/old.hcl`, '--json', '--detailed-exitcode'],
])('%s %s %s %s %s %s fails if its output cannot be written', async (...args) => {
  const [code, stderr] = await onFullDisk(args.filter((arg) => arg !== undefined))
  expect(code).toBe(1)
  expect(stderr).toMatch(/^nemo-gateway: cannot write the output: ENOSPC.*\n$/)
})

test('run drains, and fails', async () => {
  const [code, stderr] = await onFullDisk(['run', file])
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^nemo-gateway: cannot write the output: ENOSPC.*\n$/),
  ])
}, 30_000)
