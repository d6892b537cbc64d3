import { describe, expect, test } from 'vitest'
import { hostRule } from '../../../../src/adapters/json-rpc/server/access-rules.js'
import { dial, type Handlers, server } from './harness.js'
import { rawConnection, rawPost } from './raw-http.js'

const handlers: Handlers = { echo: (params) => params }
const call = '{"jsonrpc":"2.0","method":"echo","params":[1],"id":1}'

async function asked(port: number, headers: Record<string, string>, method = 'POST') {
  const connection = await rawConnection(port)
  return (await connection.write(rawPost(call, headers).replace('POST', method)).answer())!
}

describe('the host', () => {
  test.each<[string, readonly string[], string, boolean]>([
    ['127.0.0.1', [], 'localhost', true],
    ['127.0.0.1', [], '127.0.0.1', true],
    ['127.0.0.1', [], '[::1]', true],
    ['127.0.0.1', [], 'api.localhost', true],
    ['127.0.0.1', [], 'evil.example.com', false],
    ['127.0.0.1', [], 'localhost.evil.example.com', false],
    ['127.0.0.1', [], '0.0.0.0', false],
    ['127.0.0.1', [], '127.0.0.1.nip.io', false],
    ['::1', [], 'evil.example.com', false],
    ['localhost', ['api.example.com'], 'api.example.com', true],
    ['127.0.0.1', ['api.example.com'], 'localhost', true],
    ['127.0.0.1', ['*'], 'evil.example.com', true],
    ['0.0.0.0', [], 'any.example.com', true],
    ['0.0.0.0', ['api.example.com'], 'any.example.com', false],
  ])('a server at %s with hosts %j, called as %s: %s', (address, hosts, host, expected) => {
    expect(hostRule(hosts, address)(host)).toBe(expected)
  })

  test('of a page that points its own name to this machine is refused, whatever it asks for', async () => {
    const { port, context } = await server(handlers)
    const rebound = { host: `evil.example.com:${port}`, origin: `http://evil.example.com:${port}` }
    expect((await asked(port, rebound)).status).toBe(421)
    expect((await asked(port, rebound, 'OPTIONS')).status).toBe(421)
    expect((await asked(port, { ...rebound, host: 'evil.example.com' }, 'GET')).status).toBe(421)
    await expect(dial(port, rebound)).rejects.toThrow('421')
    expect((await asked(port, { host: `LOCALHOST:${port}` })).status).toBe(200)
    expect(context.refusals).toHaveLength(4)
  })

  test('may be missing only in HTTP/1.0, and only if every host is allowed', async () => {
    const { port } = await server(handlers)
    const old = rawPost(call).replace('HTTP/1.1', 'HTTP/1.0').replace('host: localhost\r\n', '')
    expect((await (await rawConnection(port)).write(old).answer())!.status).toBe(421)
    const open = await server(handlers, { config: { hosts: ['*'] } })
    expect((await (await rawConnection(open.port)).write(old).answer())!.status).toBe(200)
  })
})

describe('a page of another origin', () => {
  const page = { origin: 'https://app.example.com' }

  test('is refused without configuration, and no answer lets it read', async () => {
    const { port } = await server(handlers)
    for (const [headers, method] of [
      [page, 'POST'],
      [{ ...page, 'access-control-request-method': 'POST' }, 'OPTIONS'],
      [{ origin: 'null' }, 'POST'],
    ] as const) {
      const answer = await asked(port, headers, method)
      expect(answer.status).toBe(403)
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    }
    const own = await asked(port, { host: `localhost:${port}`, origin: `http://localhost:${port}` })
    expect(own.status).toBe(200)
    expect(own.headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('that is configured gets a preflight and may read', async () => {
    const { port } = await server(handlers, {
      config: { origins: ['https://app.example.com'], forward_headers: ['x-tenant'] },
    })
    const preflight = await asked(port, { ...page, 'access-control-request-method': 'POST' }, 'OPTIONS')
    expect(preflight).toMatchObject({
      status: 204,
      headers: {
        vary: 'Origin',
        'access-control-allow-origin': 'https://app.example.com',
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'content-type, authorization, x-tenant',
      },
    })
    const answer = await asked(port, page)
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': 'https://app.example.com' })
    expect((await asked(port, { origin: 'https://other.example.com' })).status).toBe(403)
    // A caller that is not a page gets the same answer for caches, without the permission.
    const bare = await asked(port, {})
    expect(bare.headers).toMatchObject({ vary: 'Origin' })
    expect(bare.headers).not.toHaveProperty('access-control-allow-origin')
  })
})
