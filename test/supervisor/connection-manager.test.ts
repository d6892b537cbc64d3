import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { Gateway } from '../../src/gateway.js'
import { until } from '../support/adapter-context.js'
import { freePort } from '../support/server-process.js'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A server that answers when the test lets it. */
async function slowService(port = 0): Promise<{ server: Server; port: number; answers: (() => void)[] }> {
  const answers: (() => void)[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const { id } = JSON.parse(Buffer.concat(chunks).toString())
      answers.push(() => response.end(JSON.stringify({ jsonrpc: '2.0', id, result: null })))
    })
  })
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  ends.push(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })
  return { server, port: (server.address() as AddressInfo).port, answers }
}

async function gatewayTo(port: number, more: object = {}): Promise<Gateway> {
  const endpoint = { address: `http://127.0.0.1:${port}` }
  const backend = { type: 'json-rpc', endpoint, supervision: { heartbeat: '200ms' }, ...more }
  const gateway = await Gateway.start({ integrations: { backend } } as Parameters<typeof Gateway.start>[0])
  ends.push(() => gateway.shutdown({ timeout: 0 }))
  return gateway
}

describe('the connection manager', () => {
  test('shows the pool, what was used last, and what failed, without a message', async () => {
    const { port, answers } = await slowService()
    const gateway = await gatewayTo(port, { config: { pool_size: 2 } })
    const before = gateway.connections.status('backend')
    expect([before.errorCount, before.lastUsed]).toEqual([0, undefined])
    const calls = [1, 2, 3, 4, 5].map((n) => gateway.rpc('backend').call('slow', { n }))
    const pool = () => gateway.connections.status('backend').pool
    await until(() => pool()?.inUse === 2, 'both connections are in use')
    expect(pool()).toEqual({ size: 2, idle: 0, inUse: 2, pending: 3, max: 2 })
    expect(gateway.metrics().integrations.backend!.pool).toEqual(pool())
    for (let i = 0; i < 5; i++) {
      await until(() => answers.length > i, 'the next call has arrived')
      answers[i]!()
    }
    await Promise.all(calls)
    await until(() => pool()?.inUse === 0, 'no connection is in use')
    expect(pool()).toMatchObject({ pending: 0, max: 2 })
    await expect(gateway.rpc('backend').call('slow', undefined, { timeout: 20 })).rejects.toThrow('timed out')
    expect(gateway.connections.status('backend')).toMatchObject({ state: 'connected', errorCount: 1 })
    expect(gateway.connections.status('backend').lastUsed).toBeGreaterThan(Date.now() - 60_000)
  })

  test('what it knows of an actor outlives the actor', async () => {
    const gateway = await Gateway.start({ integrations: { a: { type: 'memory' } } })
    ends.push(() => gateway.shutdown({ timeout: 0 }))
    await gateway.connections.get('a')
    await expect(gateway.rpc('a').call('nobody', 1, { timeout: '1s' })).rejects.toThrow()
    const { errorCount, lastUsed } = gateway.connections.status('a')
    expect([errorCount, lastUsed]).toEqual([1, expect.any(Number)])
    await gateway.connections.inject('a', 'throw').catch(() => {})
    await until(() => gateway.connections.status('a').restarts === 1, 'it is restarted')
    const info = await gateway.connections.get('a', { timeout: '10s' })
    expect(info).toMatchObject({ state: 'connected', errorCount: 1, lastUsed, restarts: 1 })
  })

  test('gives a connection when it stands', async () => {
    const port = await freePort()
    const gateway = await gatewayTo(port, { reconnect: { delay: '20ms', max_delay: '20ms' } })
    await expect(gateway.connections.get('backend', { timeout: 50 })).rejects.toMatchObject({
      kind: 'timeout',
      integration: 'backend',
    })
    const signal = AbortSignal.abort('enough')
    await expect(gateway.connections.get('backend', { signal })).rejects.toMatchObject({ kind: 'cancelled' })
    const waiting = gateway.connections.get('backend', { timeout: '10s' })
    await slowService(port)
    expect(await waiting).toMatchObject({ state: 'connected', restarts: 0 })
    expect((await gateway.connections.get('backend')).state).toBe('connected')
  })

  test('makes one anew that has failed, and says why when that fails', async () => {
    const port = await freePort()
    const gateway = await gatewayTo(port, { reconnect: { enabled: false } })
    await until(() => gateway.connections.status('backend').state === 'failed', 'it has given up')
    await expect(gateway.connections.get('backend')).rejects.toMatchObject({ kind: 'connection' })
    await slowService(port)
    expect((await gateway.connections.get('backend')).state).toBe('connected')
  })

  test('nobody waits for ever: an actor that is given up, a shutdown', async () => {
    const gateway = await gatewayTo(await freePort(), { supervision: { max_restarts: 0 } })
    const first = gateway.connections.get('backend', { timeout: '60s' })
    const refused = expect(first).rejects.toMatchObject({ kind: 'actor-crashed', integration: 'backend' })
    await gateway.connections.inject('backend', 'throw').catch(() => {})
    await refused
    await expect(gateway.connections.get('backend')).rejects.toMatchObject({ kind: 'actor-crashed' })

    const other = await gatewayTo(await freePort())
    const second = other.connections.get('backend', { timeout: '60s' })
    const ended = expect(second).rejects.toMatchObject({ kind: 'shutdown' })
    await other.connections.shutdown({ timeout: 0 })
    await ended
    await expect(other.connections.get('backend')).rejects.toMatchObject({ kind: 'shutdown' })
    await expect(other.connections.get('nobody')).rejects.toThrow('there is no integration "nobody"')
  })
})
