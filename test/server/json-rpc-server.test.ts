import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { rowsOf } from '../../src/cli/gateway-view.js'
import type { LogRecord } from '../../src/core/telemetry.js'
import { Gateway, RpcError } from '../../src/index.js'
import { LOCALHOST_CERT, LOCALHOST_KEY, OTHER_CERT, OTHER_KEY, TEST_CA } from '../support/certificates.js'
import { closedPort, httpService } from '../support/http-service.js'
import { waitFor } from '../support/wait-for.js'

type Config = Exclude<Parameters<typeof Gateway.start>[0], string>

async function start(config: Config, records: LogRecord[] = []): Promise<Gateway> {
  const gateway = await Gateway.start(config, { logger: (record) => records.push(record) })
  onTestFinished(() => gateway.shutdown({ timeout: 100 }))
  return gateway
}

async function listening(gateway: Gateway, name = 'api'): Promise<number> {
  const port = () => gateway.connections.status(name).listening?.port
  await waitFor(() => port() !== undefined, { what: () => `the server ${name} to listen` })
  return port()!
}

/** A bare connection: Node 20's first `fetch` waits for ever when its connection is reset as it is made. */
async function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
  } finally {
    socket.destroy()
  }
}

const api = (port: number, more: object = {}) => ({
  servers: { api: { type: 'json-rpc', listen: { port }, ...more } },
})
const client = (url: string, more: object = {}) => ({
  type: 'json-rpc',
  endpoint: { address: url },
  reconnect: { delay: '10ms', max_delay: '50ms' },
  ...more,
})

test('says where it listens: in its status, its event, its metrics, the log and the live view', async () => {
  const records: LogRecord[] = []
  const gateway = await start(api(0), records)
  const changes: object[] = []
  gateway.on('connection:changed', (event) => changes.push(event))
  await gateway
    .server('api')
    .register('add', (params) => (params as number[])[0]! + 1)
    .serve()
  const port = await listening(gateway)
  expect(gateway.connections.status('api')).toMatchObject({
    state: 'connected',
    listening: { address: '127.0.0.1', port },
  })
  const caller = await start({ integrations: { it: client(`http://127.0.0.1:${port}`) } })
  expect(await caller.rpc('it').call('add', [1])).toBe(2)
  expect(gateway.metrics()).toMatchObject({
    integrations: {},
    servers: { api: { type: 'json-rpc', listening: { port }, counts: { received: 1, answered: 1 } } },
  })
  expect(records).toContainEqual(
    expect.objectContaining({ message: 'connection:changed', listening: { address: '127.0.0.1', port } }),
  )
  expect(rowsOf(gateway.metrics())).toMatchObject([
    { name: 'api', type: `json-rpc server :${port}`, state: 'listening', received: 1, sent: 1 },
  ])
  expect(await gateway.connections.healthCheck()).toMatchObject({ api: { healthy: true } })
  await gateway.connections.reconnect('api')
  await waitFor(() => changes.some((event) => 'listening' in event), { what: () => 'the event' })
})

test('answers the calls under way over both transports before it goes', async () => {
  const gateway = await start(api(0))
  const waiting: (() => void)[] = []
  await gateway
    .server('api')
    .register('slow', () => new Promise<string>((resolve) => waiting.push(() => resolve('done'))))
    .serve()
  const port = await listening(gateway)
  const caller = await start({
    integrations: { http: client(`http://127.0.0.1:${port}`), ws: client(`ws://127.0.0.1:${port}`) },
  })
  const calls = ['http', 'ws'].map((name) => caller.rpc(name).call('slow'))
  await waitFor(() => waiting.length === 2, { what: 'both calls' })
  const gone = gateway.shutdown({ timeout: '20s' })
  // It listens no more, and both calls are still under way.
  await waitFor(() => isRefused(port), { what: 'the port to close' })
  for (const finish of waiting) finish()
  expect(await Promise.all(calls)).toEqual(['done', 'done'])
  await gone
})

test('is called by its name, and serves alone', async () => {
  const gateway = await start(api(0))
  expect(() => gateway.server('other')).toThrow(
    'there is no integration or server "other"; expected one of api',
  )
  await expect(gateway.rpc('api').call('a')).rejects.toMatchObject({
    kind: 'unsupported',
    message: 'call over a server of json-rpc is not supported',
  })
})

test('waits for a port that is in use', async () => {
  const holder = await httpService(() => {})
  const gateway = await start(api(holder.port))
  await waitFor(() => gateway.connections.status('api').state === 'reconnecting', {
    what: () => 'the refusal',
  })
  await holder.close()
  expect(await listening(gateway)).toBe(holder.port)
})

test('listens again after a crash, and every call of those it served settles', async () => {
  const port = await closedPort()
  const gateway = await start(api(port))
  await gateway
    .server('api')
    .register('echo', (params) => params)
    .serve()
  await listening(gateway)
  // Patient enough for a restart on a busy machine.
  const patience = {
    retry: { max_attempts: 500, initial: '10ms', max: '50ms' },
    circuit_breaker: { failure_threshold: 10_000 },
  }
  const caller = await start({
    integrations: {
      http: client(`http://127.0.0.1:${port}`, patience),
      ws: client(`ws://127.0.0.1:${port}`, patience),
    },
  })
  const restarts: unknown[] = []
  gateway.on('actor:restarted', (event) => restarts.push(event))
  let stop = false
  onTestFinished(() => {
    stop = true
  })
  const outcomes = { ok: 0, failed: [] as string[] }
  const lane = async (name: string, n: number) => {
    while (!stop) {
      try {
        expect(await caller.rpc(name).call('echo', [n], { idempotent: true })).toEqual([n])
        outcomes.ok++
        await new Promise((resolve) => setTimeout(resolve, 1))
      } catch (error) {
        outcomes.failed.push((error as Error).message)
        stop = true
      }
    }
  }
  const lanes = [...Array(10).keys()].map((n) => lane(n % 2 === 0 ? 'http' : 'ws', n))
  for (let crash = 1; crash <= 3; crash++) {
    await listening(gateway)
    const before = outcomes.ok
    await waitFor(() => outcomes.ok > before + 50, { what: () => 'calls to go through' })
    await gateway.connections.inject('api', 'throw').catch(() => {})
    await waitFor(() => restarts.length === crash, { what: () => `restart ${crash}` })
  }
  const after = outcomes.ok
  await waitFor(() => outcomes.ok > after + 50, { what: () => 'calls after the last crash' })
  stop = true
  await Promise.all(lanes)
  // They may be repeated without harm, and were: what became of the server is no business of the caller.
  expect(outcomes.failed).toEqual([])
})

test('a caller without retries is told that the connection is gone', async () => {
  const gateway = await start(api(0))
  let begun = 0
  await gateway
    .server('api')
    .register('never', () => {
      begun++
      return new Promise(() => {})
    })
    .serve()
  const port = await listening(gateway)
  const caller = await start({
    integrations: { http: client(`http://127.0.0.1:${port}`), ws: client(`ws://127.0.0.1:${port}`) },
  })
  const calls = ['http', 'ws'].map((name) =>
    caller
      .rpc(name)
      .call('never')
      .catch((error: unknown) => error),
  )
  await waitFor(() => begun === 2, { what: () => 'both calls to begin' })
  await gateway.connections.inject('api', 'exit').catch(() => {})
  for (const error of await Promise.all(calls)) expect(error).toMatchObject({ kind: 'connection' })
})

test('a gateway that shuts down answers what it has begun with', async () => {
  const gateway = await start(api(0))
  let begun = 0
  await gateway
    .server('api')
    .register('never', () => {
      begun++
      return new Promise(() => {})
    })
    .serve()
  const port = await listening(gateway)
  const caller = await start({ integrations: { it: client(`http://127.0.0.1:${port}`) } })
  const call = caller.rpc('it').call('never')
  call.catch(() => {})
  await waitFor(() => begun === 1, { what: () => 'the call to begin' })
  await gateway.shutdown({ timeout: 50 })
  await expect(call).rejects.toMatchObject({ kind: 'rpc', code: -32000 })
})

describe('over TLS', () => {
  async function files() {
    const folder = await mkdtemp(join(tmpdir(), 'json-rpc-server-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const write = async (name: string, text: string) => {
      await writeFile(join(folder, name), text)
      return join(folder, name)
    }
    return {
      ca: await write('ca.pem', TEST_CA),
      cert: await write('cert.pem', LOCALHOST_CERT),
      key: await write('key.pem', LOCALHOST_KEY),
      otherCert: await write('other.pem', OTHER_CERT),
      otherKey: await write('other-key.pem', OTHER_KEY),
    }
  }

  /** What a call yields, over both transports; the kind of the error when it fails. */
  async function called(port: number, tls: object): Promise<unknown[]> {
    const endpoint = (scheme: string) => ({ address: `${scheme}://127.0.0.1:${port}`, tls })
    const caller = await start({
      integrations: {
        http: { type: 'json-rpc', endpoint: endpoint('https') },
        ws: { type: 'json-rpc', endpoint: endpoint('wss') },
      },
    })
    const call = (name: string) => caller.rpc(name).call('add', [1], { timeout: '5s' })
    return Promise.all(
      ['http', 'ws'].map((name) => call(name).catch((error: { kind: string }) => error.kind)),
    )
  }

  test('whoever trusts our authority is served, and nobody else connects', async () => {
    const { ca, cert, key } = await files()
    const gateway = await start(api(0, { listen: { port: 0, tls: true, cert, key } }))
    await gateway
      .server('api')
      .register('add', (params) => (params as number[])[0]! + 1)
      .serve()
    const port = await listening(gateway)
    expect(await called(port, { ca_cert: ca })).toEqual([2, 2])
    // Waiting would not help, so they are told at once.
    expect(await called(port, {})).toEqual(['connection', 'connection'])
  })

  test('with client_ca, callers have to show a certificate of it', async () => {
    const { ca, cert, key, otherCert, otherKey } = await files()
    const gateway = await start(api(0, { listen: { port: 0, tls: { cert, key, client_ca: ca } } }))
    await gateway
      .server('api')
      .register('add', (params) => (params as number[])[0]! + 1)
      .serve()
    const port = await listening(gateway)
    expect(await called(port, { ca_cert: ca, client_cert: otherCert, client_key: otherKey })).toEqual([2, 2])
    for (const outcome of await called(port, { ca_cert: ca }))
      expect(outcome).toMatch(/^(?:auth|connection|timeout)$/)
  })
})

test.each([
  ['an Error', new Error('why')],
  ['an Error inside', { cause: new Error('why') }],
  ['a Map', new Map()],
  ['a function inside', [() => {}]],
  ['a BigInt', { n: 2n ** 80n }],
])('an RpcError whose data holds %s goes without its data', async (_, data) => {
  const gateway = await start({ ...api(0), integrations: { bus: { type: 'memory' } } })
  for (const name of ['api', 'bus'])
    await gateway
      .server(name)
      .register('m', () => {
        throw new RpcError(42, 'no such order', data)
      })
      .serve()
  const port = await listening(gateway)
  const caller = await start({ integrations: { it: client(`http://127.0.0.1:${port}`) } })
  const refusal = { kind: 'rpc', code: 42, message: 'no such order' }
  await expect(caller.rpc('it').call('m')).rejects.toMatchObject({ ...refusal, data: undefined })
  await expect(gateway.rpc('bus').call('m')).rejects.toMatchObject(refusal)
})
