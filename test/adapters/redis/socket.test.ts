import { createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { coalesceWrites, openSocket } from '../../../src/adapters/redis/socket.js'

/** A socket, and what the other side receives until the end. */
async function pair(): Promise<{ socket: Socket; received: Promise<Buffer> }> {
  let receive: (all: Buffer) => void = () => {}
  const received = new Promise<Buffer>((resolve) => {
    receive = resolve
  })
  const server = createServer((other) => {
    const chunks: Buffer[] = []
    other.on('data', (chunk: Buffer) => chunks.push(chunk))
    other.on('end', () => receive(Buffer.concat(chunks)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  const signal = new AbortController().signal
  const socket = await openSocket({ host: '127.0.0.1', port, tls: false }, undefined, undefined, signal)
  onTestFinished(() => void socket.destroy())
  return { socket, received }
}

test('writes of one turn arrive complete and in order, whatever their size and kind', async () => {
  const { socket, received } = await pair()
  coalesceWrites(socket)
  const written: Buffer[] = []
  const write = (chunk: string | Uint8Array) => {
    written.push(Buffer.from(chunk as string))
    socket.write(chunk)
  }
  for (let turn = 0; turn < 3; turn++) {
    for (let i = 0; i < 50; i++) {
      write(`text ${turn} ${i} größe 😀\r\n`)
      write(new Uint8Array([turn, i, 255]))
      if (i % 10 === 3) write(Buffer.alloc(40_000, i))
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  write('the last')
  // Ends in the turn of the last write.
  socket.end()
  const all = await received
  expect(all.equals(Buffer.concat(written))).toBe(true)
})

test('writes to a destroyed socket are dropped', async () => {
  const { socket } = await pair()
  coalesceWrites(socket)
  socket.write('one')
  socket.destroy()
  socket.write('two')
  await new Promise((resolve) => setImmediate(resolve))
  expect(socket.destroyed).toBe(true)
})
