import { describe, expect, test } from 'vitest'
import { targetsOf } from '../../../src/adapters/json-rpc/target.js'
import { ConnectionError } from '../../../src/core/errors/connection.js'
import type { Endpoint } from '../../../src/core/settings/endpoint.js'

const tls = { verifyServer: true }
const one = (address: string, endpoint: Partial<Endpoint> = {}) =>
  targetsOf({ ...endpoint, addresses: [address] }, 'it')[0]

describe('an endpoint', () => {
  test.each<[string, Partial<Endpoint>, string, number, string, boolean]>([
    ['https://api.example.com', {}, 'https://api.example.com', 443, '/', true],
    ['https://api.example.com', { path: '/rpc', tls }, 'https://api.example.com', 443, '/rpc', true],
    ['http://localhost:8080/a/b?c=d', {}, 'http://localhost:8080', 8080, '/a/b?c=d', false],
    ['http://localhost:8080/a', { path: 'rpc', port: 9 }, 'http://localhost:8080', 8080, '/rpc', false],
    ['http://localhost/a', { port: 9 }, 'http://localhost:9', 9, '/a', false],
    ['localhost', {}, 'http://localhost', 80, '/', false],
    ['localhost', { port: 8080, path: '//x', tls }, 'https://localhost:8080', 8080, '//x', true],
    ['localhost:3000', {}, 'http://localhost:3000', 3000, '/', false],
    ['::1', { port: 8080 }, 'http://[::1]:8080', 8080, '/', false],
    ['HTTP://Example.COM', {}, 'http://example.com', 80, '/', false],
    ['bücher.example', {}, 'http://xn--bcher-kva.example', 80, '/', false],
    ['localhost', { path: '/a b/ü' }, 'http://localhost', 80, '/a%20b/%C3%BC', false],
  ])('%s with %o', (address, endpoint, origin, port, path, secure) => {
    const target = one(address, endpoint)
    expect(target).toMatchObject({ origin, port, path })
    expect(target!.tls !== undefined).toBe(secure)
  })

  test.each<[string, Partial<Endpoint>, object]>([
    ['unix:/run/a.sock', {}, { socketPath: '/run/a.sock', origin: 'http://localhost', path: '/' }],
    ['unix:/run/a.sock', { path: '/rpc' }, { socketPath: '/run/a.sock', path: '/rpc' }],
    ['unix:///run/a.sock', {}, { socketPath: '/run/a.sock' }],
    ['unix:a.sock', { tls }, { socketPath: 'a.sock', origin: 'https://localhost', tls }],
    ['http+unix:/run/a.sock:/rpc?x=1', {}, { socketPath: '/run/a.sock', path: '/rpc?x=1' }],
    ['ws+unix:/run/a.sock:/rpc', {}, { origin: 'ws://localhost', socketPath: '/run/a.sock', path: '/rpc' }],
    ['wss+unix:/run/a.sock', {}, { origin: 'wss://localhost', tls: { verifyServer: true } }],
  ])('%s with %o is a socket of this machine', (address, endpoint, expected) => {
    const target = one(address, endpoint)
    expect(target).toMatchObject(expected)
    expect(target!.shown).toBe(`unix:${target!.socketPath}`)
  })

  test('has the host of an IPv6 address without brackets', () => {
    expect(one('http://[::1]:80/')!.host).toBe('::1')
  })

  test.each<[string, Partial<Endpoint>, string]>([
    ['ftp://localhost', {}, 'found the scheme "ftp"'],
    ['ws://localhost', { tls }, 'contradicts tls: write wss'],
    ['http://user:hunter2@localhost', {}, 'credentials belong in the `auth` block'],
    ['http://localhost', { tls }, 'contradicts tls'],
    ['', {}, 'expected a URL or a host name'],
    ['http://', {}, 'expected a URL or a host name'],
    ['http://hunter2:x@local host', {}, 'credentials belong in the `auth` block'],
    ['localhost:99999', {}, 'expected a URL or a host name'],
  ])('%s with %o is refused', (address, endpoint, expected) => {
    try {
      one(address, endpoint)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error).toMatchObject({ retryable: false, integration: 'it' })
      expect((error as Error).message).toContain(expected)
      expect((error as Error).message).not.toContain('hunter2')
    }
  })

  test('without an address is refused', () => {
    expect(() => targetsOf({ addresses: [] }, 'it')).toThrow('has no address')
  })
})
