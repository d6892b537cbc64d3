import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ClientStream } from '../../src/embed/session.js'
import { listenAt, type SocketServer } from '../../src/embed/socket-server.js'

let folder: string
const at = (name: string) => join(folder, name)
const servers: SocketServer[] = []
const sockets: Socket[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nemo-socket-server-'))
})
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) server.close()
  rmSync(folder, { recursive: true })
})

async function listen(path: string, serve = (_: ClientStream) => new Promise<void>(() => {})) {
  servers.push(await listenAt(path, serve))
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path)
    sockets.push(socket)
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}

test('only a socket that nobody listens at is replaced', async () => {
  // A process that is killed leaves its socket behind.
  const script = `require('net').createServer().listen(${JSON.stringify(at('dead'))}, () => process.kill(process.pid, 'SIGKILL'))`
  expect(() => execFileSync(process.execPath, ['-e', script])).toThrow()
  await listen(at('dead'))
  await connect(at('dead'))
  await expect(listen(at('dead'))).rejects.toThrow('a process listens at')

  writeFileSync(at('file'), 'a year of work')
  mkdirSync(at('folder'))
  symlinkSync('nowhere', at('link'))
  execFileSync('/usr/bin/env', ['mkfifo', at('pipe')])
  for (const name of ['file', 'folder', 'link', 'pipe'])
    await expect(listen(at(name))).rejects.toThrow(`${at(name)} exists and is not a socket`)
  expect(readFileSync(at('file'), 'utf8')).toBe('a year of work')
})

test('a client beyond the limit is told so, and the next one is served when there is room', async () => {
  let served = 0
  await listen(at('socket'), async ({ input }) => {
    served++
    input.resume()
    await new Promise((resolve) => input.once('end', resolve))
  })
  const clients = await Promise.all(Array.from({ length: 64 }, () => connect(at('socket'))))
  await expect.poll(() => served).toBe(64)
  const refused = await connect(at('socket'))
  // As a client that writes at once.
  refused.end('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocol":1}}\n')
  expect(JSON.parse(await text(refused))).toMatchObject({
    id: null,
    error: { message: 'the gateway serves 64 programs already', data: { kind: 'mailbox-full' } },
  })
  const closed = new Promise((resolve) => clients[0]!.once('close', resolve))
  clients[0]!.end()
  await closed
  await connect(at('socket'))
  await expect.poll(() => served).toBe(65)
})
