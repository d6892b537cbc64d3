import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { announcing } from '../../src/discovery/announcing-adapter.js'
import { adapterContext } from '../support/adapter-context.js'
import { waitFor } from '../support/wait-for.js'

/** A registry that tells the time when it is allowed to, and takes everything else at once. */
async function slowRegistry() {
  const commands: string[] = []
  const held: (() => void)[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      const [, command] = /\$\d+\r\n([A-Z]+)\r\n/.exec(bytes.toString()) ?? []
      commands.push(command!)
      if (command === 'TIME') held.push(() => socket.write('*2\r\n$1\r\n1\r\n$1\r\n0\r\n'))
      else socket.write(':1\r\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  return { commands, held, registry: { host: '127.0.0.1', port, key: 'servers' } }
}

test('an address is withdrawn after the announcement that is under way, or it would be there again', async () => {
  const { commands, held, registry } = await slowRegistry()
  const context = adapterContext({ announce: { registry, ttlMs: 60_000 } })
  const adapter = announcing(() => ({
    protocol: 'test',
    listening: { address: '127.0.0.1', port: 4711 },
    connect: async () => {},
    disconnect: async () => {},
  }))(context)
  await adapter.connect(AbortSignal.timeout(5_000))
  await waitFor(() => held.length === 1, { what: 'the announcement to begin' })
  const gone = adapter.disconnect()
  held[0]!()
  await gone
  expect(commands).toEqual(['TIME', 'ZADD', 'ZREMRANGEBYSCORE', 'ZREM'])
})
