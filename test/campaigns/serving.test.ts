import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { Gateway } from '../../src/index.js'
import { rounds } from '../support/rounds.js'
import { waitFor } from '../support/wait-for.js'

const CONNECTIONS = rounds(500, 10_000)
const SOCKETS = rounds(5, 50)
const call = '{"jsonrpc":"2.0","method":"echo","params":[1],"id":1}'
const post = (address: string) =>
  new Promise<string>((resolve, reject) => {
    const [port, from] = address.split(' ')
    const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress: from })
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString()
      if (text.includes('"result"')) socket.destroy()
    })
    socket.once('error', reject).once('close', () => resolve(text))
    socket.write(
      `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${call.length}\r\n\r\n${call}`,
    )
  })

/** A server whose thread has little memory, with its callers in this process. */
async function server() {
  const gateway = await Gateway.start({
    servers: {
      api: {
        type: 'json-rpc',
        listen: { port: 0 },
        limits: { memory: '128MB', connections: 400, connections_per_address: 200 },
        config: { request_timeout: '2s' },
      },
    },
  })
  onTestFinished(() => gateway.shutdown({ timeout: 100 }))
  const deaths: unknown[] = []
  gateway.on('actor:crashed', (event) => deaths.push(event))
  let refused = 0
  gateway.on('server:refused', ({ count }) => {
    refused += count
  })
  await gateway
    .server('api')
    .register('echo', (params) => params)
    .register('large', () => 'x'.repeat(100_000))
    .serve()
  const { port } = gateway.connections.status('api').listening!
  return { port, deaths, refused: () => refused }
}

test(`${CONNECTIONS} connections from one address leave other addresses served`, {
  timeout: 300_000,
}, async () => {
  const { port, deaths, refused } = await server()
  const open = new Set<Socket>()
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
  })
  let ended = 0
  for (let made = 0; made < CONNECTIONS; ) {
    const batch = Array.from({ length: Math.min(100, CONNECTIONS - made) }, () => {
      const socket = connect(port, '127.0.0.1')
      open.add(socket)
      socket.on('error', () => {}).resume()
      // A half-sent request, which is never completed.
      socket.write('POST / HTTP/1.1\r\nhost: localhost\r\n')
      socket.once('close', () => {
        ended++
        open.delete(socket)
      })
      return once(socket, 'connect').catch(() => {})
    })
    await Promise.all(batch)
    made += batch.length
    expect(await post(`${port} 127.0.0.2`)).toContain('"result":[1]')
  }
  await waitFor(() => ended >= CONNECTIONS - 200 && refused() >= CONNECTIONS - 200, {
    what: () => `${ended} ends and ${refused()} refusals`,
  })
  expect(await post(`${port} 127.0.0.2`)).toContain('"result":[1]')
  expect(deaths).toEqual([])
})

test(`${SOCKETS} WebSockets that never read leave others served`, { timeout: 300_000 }, async () => {
  const { port, deaths } = await server()
  const deaf = await Promise.all(
    Array.from({ length: SOCKETS }, async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
      onTestFinished(() => socket.terminate())
      socket.on('error', () => {})
      await once(socket, 'open')
      socket.pause()
      return socket
    }),
  )
  for (let n = 0; n < 200; n++) {
    for (const socket of deaf)
      if (socket.bufferedAmount < 1_000_000) socket.send(`{"jsonrpc":"2.0","method":"large","id":${n}}`)
    if (n % 20 === 0) expect(await post(`${port} 127.0.0.2`)).toContain('"result":[1]')
  }
  expect(await post(`${port} 127.0.0.2`)).toContain('"result":[1]')
  expect(deaths).toEqual([])
})
