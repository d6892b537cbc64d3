import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ConfigObject } from '../../src/config/options.js'
import type { RedisRegistry } from '../../src/core/discovery.js'
import { announce, announced, withdraw } from '../../src/discovery/registry.js'
import { encodeCommand, readReply } from '../../src/discovery/resp.js'
import { Gateway } from '../../src/gateway.js'
import { LOCALHOST_CERT, LOCALHOST_KEY, TEST_CA } from '../support/certificates.js'
import { type RedisServer, startRedis } from '../support/redis-server.js'
import { waitFor } from '../support/wait-for.js'

const NEVER = new AbortController().signal
const KEY = 'nemo:api'

describe('answers of Redis', () => {
  test.each([
    ['+OK\r\n', 'OK'],
    [':-7\r\n', -7],
    ['$5\r\nhé\r\n\r\n', 'hé\r\n'],
    ['$-1\r\n', null],
    ['*-1\r\n', []],
    ['*2\r\n$1\r\na\r\n*1\r\n:1\r\n', ['a', [1]]],
    ['-ERR no\r\n', new Error('ERR no')],
  ])('%j', (text, expected) => {
    const bytes = Buffer.from(`${text}rest`)
    const answer = readReply(bytes)!
    expect(answer.reply).toEqual(expected)
    expect(bytes.subarray(answer.next).toString()).toBe('rest')
    for (let end = 0; end < bytes.length - 4; end++) expect(readReply(bytes.subarray(0, end))).toBeUndefined()
  })

  test('a command says the length of each part in bytes', () => {
    expect(encodeCommand(['SET', 'é'])).toBe('*2\r\n$3\r\nSET\r\n$2\r\né\r\n')
  })

  test('hostile bytes are refused or waited for, never more', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          const answer = readReply(Buffer.from(bytes))
          expect(answer === undefined || answer.next <= bytes.length).toBe(true)
        } catch (error) {
          expect((error as Error).message).toBe('expected a reply of Redis (RESP2)')
        }
      }),
    )
  })
})

describe('a registry', () => {
  let redis: RedisServer
  let registry: RedisRegistry
  beforeEach(async () => {
    redis = await startRedis({ config: ['requirepass s3cret-of-the-registry'] })
    registry = { host: '127.0.0.1', port: redis.port, key: KEY, password: 's3cret-of-the-registry' }
  })
  afterEach(() => redis.stop())

  test('has what was announced until it is withdrawn, or its time is up', async () => {
    expect(await announced(registry, NEVER)).toEqual([])
    await announce(registry, 'a:1', 60_000, NEVER)
    await announce(registry, 'b:2', 60_000, NEVER)
    await announce(registry, 'c:3', 50, NEVER)
    await withdraw(registry, 'b:2', NEVER)
    let found: readonly string[] = ['c:3']
    while (found.includes('c:3')) found = await announced(registry, NEVER)
    expect(found).toEqual(['a:1'])
  })

  test('that rejects our credentials is an AuthError without the secret', async () => {
    for (const password of ['wr0ng-secret', undefined]) {
      const { password: _, ...rest } = registry
      const error = await announced({ ...rest, ...(password && { password }) }, NEVER).catch((e: Error) => e)
      expect(error).toMatchObject({
        kind: 'auth',
        message: expect.stringContaining('rejects our credentials'),
      })
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('wr0ng-secret')
    }
  })

  test('takes TLS, with a certificate that is checked and a client certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nemo-registry-'))
    const files = { ca: TEST_CA, cert: LOCALHOST_CERT, key: LOCALHOST_KEY }
    const path = (name: string) => join(folder, `${name}.pem`)
    for (const [name, content] of Object.entries(files)) writeFileSync(path(name), content)
    const paths = { ca: path('ca'), cert: path('cert'), key: path('key') }
    const secure = await startRedis({ tls: { ...paths, clients: 'yes' } })
    try {
      const client = { clientCert: paths.cert, clientKey: paths.key }
      const at = { host: 'localhost', port: secure.port, key: KEY }
      const trusted = { ...at, tls: { verifyServer: true, caCert: paths.ca, ...client } }
      await announce(trusted, 'a:1', 60_000, NEVER)
      expect(await announced(trusted, NEVER)).toEqual(['a:1'])
      await expect(announced({ ...at, tls: { verifyServer: true, ...client } }, NEVER)).rejects.toMatchObject(
        {
          kind: 'connection',
          message: expect.stringContaining('not trusted'),
        },
      )
      await expect(announced(at, NEVER)).rejects.toMatchObject({ kind: 'connection' })
    } finally {
      await secure.stop()
      rmSync(folder, { recursive: true })
    }
  })

  test('that is not there, is none, or says nothing', async () => {
    const server = createServer((socket) => void socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const silent = createServer((socket) => void socket.resume())
    const ports = await Promise.all(
      [server, silent].map(
        (each) =>
          new Promise<number>((resolve) =>
            each.listen(0, '127.0.0.1', () => resolve((each.address() as { port: number }).port)),
          ),
      ),
    )
    await expect(announced({ ...registry, port: ports[0]! }, NEVER)).rejects.toMatchObject({
      kind: 'connection',
      message: expect.stringContaining('expected a reply of Redis'),
    })
    const giveUp = new AbortController()
    const waiting = announced({ ...registry, port: ports[1]! }, giveUp.signal)
    giveUp.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await Promise.all([server, silent].map((each) => new Promise((closed) => each.close(closed))))
    await expect(announced({ ...registry, port: ports[0]! }, NEVER)).rejects.toMatchObject({
      kind: 'connection',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test('servers announce themselves, clients find them, and follow them when they come and go', async () => {
    const { port, password } = registry
    const place = { type: 'redis', address: `127.0.0.1:${port}`, key: KEY, password }
    const gateways: Gateway[] = []
    const start = async (configuration: object) => {
      const gateway = await Gateway.start(configuration as ConfigObject)
      gateways.push(gateway)
      return gateway
    }
    const serve = async (name: string) => {
      const listen = { address: '127.0.0.1', port: 0 }
      const gateway = await start({
        servers: { s: { type: 'json-rpc', listen, announce: { ...place, ttl: '1s' } } },
      })
      const server = gateway.server('s')
      server.register('name', async () => name)
      await server.serve()
      return gateway
    }
    try {
      const one = await serve('one')
      const discovery = { ...place, interval: '20ms' }
      const retry = { max_attempts: 5, initial: '20ms' }
      const client = await start({ integrations: { a: { type: 'json-rpc', discovery, retry } } })
      const ask = () => client.rpc('a').call('name', undefined, { timeout: '10s', idempotent: true })
      expect(await ask()).toBe('one')
      await serve('two')
      let answer: unknown
      while (answer !== 'two') answer = await ask()
      await one.shutdown()
      // At once, or on a busy machine when the time of the announcement is up.
      await waitFor(async () => (await announced(registry, NEVER)).length === 1, { what: 'the withdrawal' })
      for (let i = 0; i < 4; i++) expect(await ask()).toBe('two')
    } finally {
      for (const gateway of gateways.reverse()) await gateway.shutdown({ timeout: 0 })
    }
  })
})
