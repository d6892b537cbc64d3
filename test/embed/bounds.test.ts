import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.js'
import { embed, LineClient, MAIN } from './client.js'

const MEGABYTE = 1024 * 1024
let folder: string
let file: string
const children: ChildProcess[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nemo-embed-'))
  file = join(folder, 'gateway.hcl')
  await writeFile(file, 'integration "bus" {\n  type = "memory"\n}\n')
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

function start() {
  const embedded = embed(file)
  children.push(embedded.child)
  return embedded
}

/** Resident memory of a process in bytes. */
function resident({ pid }: ChildProcess): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
  return pages * 4096
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('the end of the input drains: what was sent is answered, and the exit code is 0', async () => {
  const { child, client, exit } = start()
  await client.initialize()
  const published = Array.from({ length: 500 }, (_, i) =>
    client.call('send', { integration: 'bus', queue: 'jobs', value: i }),
  )
  child.stdin!.end()
  expect(new Set(await Promise.all(published)).size).toBe(500)
  expect(await exit).toBe(0)
})

test('stdout has messages only, and stderr the log', async () => {
  const { child, client, exit, stderr } = start()
  await client.initialize()
  await client.call('status')
  child.stdin!.end()
  expect(await exit).toBe(0)
  expect(client.unread).toEqual([])
  expect(stderr()).toContain('bus connected')
})

test('a wrong configuration is reported on stderr', async () => {
  const wrong = join(folder, 'wrong.hcl')
  await writeFile(wrong, 'integration "bus" {\n  type = "memry"\n}\n')
  const { client, exit, stderr } = embed(wrong)
  expect(await exit).toBe(1)
  expect(client.unread).toEqual([])
  expect(stderr()).toContain('memory')
})

test('huge lines and malformed lines are refused, and the next line goes on', async () => {
  const { client } = start()
  await client.initialize()
  const bytes = 'x'.repeat(MEGABYTE)
  for (let i = 0; i < 17; i++) client.write(bytes)
  client.write('\n{"half": \n')
  client.write(`${'['.repeat(1_000_000)}\n`)
  expect(await client.call('publish', { integration: 'bus', topic: 'a', value: 1 })).toBe(null)
  const errors = client.unread as { readonly id: null; readonly error: { readonly code: number } }[]
  expect(errors.map(({ id, error }) => [id, error.code])).toEqual([
    [null, -32_600],
    [null, -32_700],
    [null, -32_700],
  ])
})

test('a client that stops reading holds memory bounded, and gets what was kept when it reads again', async () => {
  const { child, client } = start()
  await client.initialize()
  await client.call('subscribe', { integration: 'bus', topic: 'flood' })
  child.stdout!.pause()
  const value = 'x'.repeat(2_000)
  const params = { integration: 'bus', topic: 'flood', value }
  const block = `${JSON.stringify({ jsonrpc: '2.0', method: 'publish', params })}\n`.repeat(500)
  const before = resident(child)
  let most = 0
  // Up to 200 MB, which the gateway would hold if nothing was bounded; it may also read no further.
  let published = 0
  let isHeldBack = false
  while (published < 100_000 && !isHeldBack) {
    published += 500
    if (!child.stdin!.write(block)) isHeldBack = !(await drained(child))
    most = Math.max(most, resident(child))
  }
  expect(most - before).toBeLessThan(120 * MEGABYTE)

  child.stdout!.resume()
  expect(await client.call('status', { integration: 'bus' })).toMatchObject({ state: 'connected' })
  const messages = client.unread as { readonly method: string }[]
  expect(messages.length).toBeGreaterThan(100)
  expect(new Set(messages.map(({ method }) => method))).toEqual(new Set(['message']))
})

/** Whether the input goes on within a few seconds. */
function drained({ stdin }: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 3_000)
    stdin!.once('drain', () => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}

test('a client that sends without end and does not read is held back', async () => {
  const { child, client } = start()
  await client.initialize()
  child.stdout!.pause()
  const line = `${JSON.stringify({ jsonrpc: '2.0', id: 'x', method: 'rpc.discover' })}\n`
  const block = line.repeat(1_000)
  const before = resident(child)
  // Every answer is larger than its request by far.
  for (let i = 0; i < 50; i++) child.stdin!.write(block)
  await waitFor(() => child.stdin!.writableLength > 0, { what: 'the input to be held back' })
  let last = -1
  await waitFor(
    () => {
      const left = child.stdin!.writableLength
      const isSame = left === last
      last = left
      return isSame
    },
    { what: 'the input to stand still', everyMs: 300 },
  )
  expect(last).toBeGreaterThan(0)
  expect(resident(child) - before).toBeLessThan(200 * MEGABYTE)
})

test('deliveries that a client leaves behind go back to the queue', async () => {
  const path = join(folder, 'left.sock')
  const child = spawn(process.execPath, [MAIN, 'run', file, '--socket', path], { stdio: 'ignore' })
  children.push(child)
  const first = await connect(path)
  expect((await stat(path)).mode & 0o077).toBe(0)
  await first.client.initialize()
  await first.client.call('consume', { integration: 'bus', queue: 'jobs' })
  await first.client.call('send', { integration: 'bus', queue: 'jobs', value: 'work' })
  expect((await first.client.next('delivery')).params.value).toBe('work')
  first.socket.destroy()

  const second = await connect(path)
  await second.client.initialize()
  await second.client.call('consume', { integration: 'bus', queue: 'jobs' })
  const { params } = await second.client.next('delivery')
  expect(params).toMatchObject({ value: 'work', attempt: 2, redelivered: true })
  expect(await second.client.call('ack', { delivery: params.delivery })).toBe(true)
  const refused = second.client.call('shutdown', { timeout: 'soon' })
  await expect(refused).rejects.toThrow('expected milliseconds')
  expect(await second.client.call('status', { integration: 'bus' })).toMatchObject({ state: 'connected' })
  expect(await second.client.call('shutdown')).toBe(null)
})

async function connect(path: string) {
  const socket = await waitFor(
    () =>
      new Promise<ReturnType<typeof createConnection>>((resolve, reject) => {
        const opened = createConnection(path)
        opened.once('connect', () => resolve(opened))
        opened.once('error', reject)
      }),
    { what: 'the socket' },
  )
  return { socket, client: new LineClient(socket, socket, Promise.resolve(null)) }
}

/** A host that starts a gateway with these options, prints its process id, and waits. */
const HOST = `
const { spawn } = require('node:child_process')
const [main, file, inherit, ...args] = process.argv.slice(1)
const child = spawn(process.execPath, [main, 'run', file, ...args], { stdio: ['pipe', 'ignore', 'inherit'] })
// A second child inherits the write end of the input, so that the death of this host does not close it.
if (inherit === 'yes') {
  const holder = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', child.stdin] })
  console.log('holder', holder.pid)
}
console.log('gateway', child.pid)
setInterval(() => {}, 1000)
`

test.each([
  ['no', '--stdio'],
  ['yes', '--stdio'],
  ['no', '--socket'],
])('a host that is killed leaves no orphan (input inherited: %s, %s)', async (inherit, option) => {
  const args = option === '--socket' ? [option, join(folder, 'orphan.sock')] : [option]
  const host = spawn(process.execPath, ['-e', HOST, MAIN, file, inherit, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(host)
  let output = ''
  for (const stream of [host.stdout!, host.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const pid = Number(await waitFor(() => /gateway (\d+)/.exec(output)?.[1], { what: 'the gateway' }))
  const holder = /holder (\d+)/.exec(output)?.[1]
  try {
    await waitFor(() => output.includes('gateway running'), { what: 'the gateway to run' })
    expect(isAlive(pid)).toBe(true)
    host.kill('SIGKILL')
    await waitFor(() => !isAlive(pid), { what: 'the gateway to end' })
  } finally {
    if (holder !== undefined) process.kill(Number(holder), 'SIGKILL')
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  }
})
