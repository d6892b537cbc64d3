import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode, encode } from '@msgpack/msgpack'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MAIN } from './client.js'

let folder: string
let child: ChildProcess
let received = Buffer.alloc(0)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nemo-embed-'))
  const file = join(folder, 'gateway.hcl')
  await writeFile(file, 'integration "bus" {\n  type = "memory"\n}\n')
  child = spawn(process.execPath, [MAIN, 'run', file, '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] })
  child.stdout!.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
  })
})
afterAll(async () => {
  child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

/** Takes as many bytes as are there once `count` are, or up to the end of a line. */
async function taken(count: number | 'line'): Promise<Buffer> {
  for (;;) {
    const end = count === 'line' ? received.indexOf('\n') + 1 : count
    if (end > 0 && received.length >= end) {
      const bytes = received.subarray(0, end)
      received = received.subarray(end)
      return bytes
    }
    await once(child.stdout!, 'data')
  }
}

async function frame(): Promise<unknown> {
  // A copy as plain bytes: of a Buffer, MessagePack's bytes are Buffers too.
  return decode(new Uint8Array(await taken((await taken(4)).readUInt32BE())))
}

function send(message: object | Buffer): void {
  const body = Buffer.isBuffer(message) ? message : encode(message)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  child.stdin!.write(Buffer.concat([length, body]))
}

test('messages are MessagePack after initialize, with bytes as they are', async () => {
  const params = { protocol: 1, encoding: 'messagepack' }
  child.stdin!.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`)
  const answer = JSON.parse((await taken('line')).toString())
  expect(answer.result.encoding).toBe('messagepack')

  const topic = { integration: 'bus', topic: 'raw' }
  send({ jsonrpc: '2.0', id: 2, method: 'subscribe', params: { ...topic, decode: 'bytes' } })
  expect(await frame()).toEqual({ jsonrpc: '2.0', id: 2, result: { subscription: 1 } })
  const bytes = Uint8Array.of(0, 1, 2, 255)
  send({ jsonrpc: '2.0', method: 'publish', params: { ...topic, bytes, format: 'binary' } })
  expect(await frame()).toEqual({
    jsonrpc: '2.0',
    method: 'message',
    params: { subscription: 1, topic: 'raw', bytes },
  })

  // Values keep bytes inside of them, where the format of the integration does.
  send({
    jsonrpc: '2.0',
    id: 3,
    method: 'subscribe',
    params: { ...topic, topic: 'values', format: 'msgpack' },
  })
  expect(await frame()).toMatchObject({ id: 3 })
  const value = { name: 'picture', bytes }
  send({ jsonrpc: '2.0', method: 'publish', params: { ...topic, topic: 'values', value, format: 'msgpack' } })
  expect(await frame()).toMatchObject({ method: 'message', params: { subscription: 2, value } })

  // A frame that is not MessagePack, one that is too large, and one more.
  send(Buffer.from([0xc1]))
  expect(await frame()).toMatchObject({ id: null, error: { code: -32_700 } })
  const huge = Buffer.alloc(4 + 17 * 1024 * 1024)
  huge.writeUInt32BE(huge.length - 4)
  child.stdin!.write(huge)
  expect(await frame()).toMatchObject({ id: null, error: { code: -32_600 } })
  send({ jsonrpc: '2.0', id: 4, method: 'shutdown' })
  const ended = [await frame(), await frame()]
  expect(ended).toMatchObject([{ method: 'ended' }, { method: 'ended' }])
  expect(await frame()).toEqual({ jsonrpc: '2.0', id: 4, result: null })
})
