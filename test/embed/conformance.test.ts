import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.js'
import { embed, LineClient, MAIN } from './client.js'
import { replay, type Step, stepsOf } from './transcript.js'

const TRANSCRIPT = new URL('../../../test/embed/conformance.jsonl', import.meta.url)
let steps: readonly Step[]
let folder: string
let file: string
const children: ChildProcess[] = []
beforeAll(async () => {
  steps = stepsOf(await readFile(TRANSCRIPT, 'utf8'))
  folder = await mkdtemp(join(tmpdir(), 'nemo-embed-'))
  file = join(folder, 'gateway.hcl')
  const configuration = steps.find((step) => 'configuration' in step)!
  await writeFile(file, (configuration as { configuration: string }).configuration)
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

test('the transcript holds over stdio', async () => {
  const { child, client, stderr } = embed(file)
  children.push(child)
  await replay(steps, client)
  expect(stderr()).toContain('gateway stopped')
})

test('the transcript holds over a socket', async () => {
  const path = join(folder, 'gateway.sock')
  const child = spawn(process.execPath, [MAIN, 'run', file, '--socket', path], { stdio: 'ignore' })
  children.push(child)
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve))
  const socket = await waitFor(() => connected(path), { what: 'the socket' })
  await replay(steps, new LineClient(socket, socket, exit))
})

function connected(path: string) {
  return new Promise<ReturnType<typeof createConnection>>((resolve, reject) => {
    const socket = createConnection(path)
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}
