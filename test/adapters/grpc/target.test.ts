import { expect, test } from 'vitest'
import { targetOf } from '../../../src/adapters/grpc/target.js'
import type { Endpoint } from '../../../src/core/settings/endpoint.js'
import { failureOf } from '../../support/failure-of.js'

const uriOf = async (endpoint: Endpoint) => (await targetOf(endpoint, 'it')).uri

test.each([
  [['example.com'], 'dns:example.com:50051'],
  [['example.com:1'], 'dns:example.com:1'],
  [['grpc://example.com:1/'], 'dns:example.com:1'],
  [['127.0.0.1:1'], 'ipv4:127.0.0.1:1'],
  [['::1'], 'ipv6:[::1]:50051'],
  [['[::1]:7'], 'ipv6:[::1]:7'],
  [['unix:/run/x.sock'], 'unix:/run/x.sock'],
  [['127.0.0.1:1', '127.0.0.1:2'], 'ipv4:127.0.0.1:1,127.0.0.1:2'],
])('%j is %s', async (addresses, uri) => {
  expect(await uriOf({ addresses })).toBe(uri)
})

test('what an address does not say comes from the endpoint', async () => {
  expect(await uriOf({ addresses: ['a.example', 'b.example:1'].slice(0, 1), port: 9 })).toBe(
    'dns:a.example:9',
  )
  const tls = { verifyServer: false }
  expect(await targetOf({ addresses: ['a.example'], tls }, 'it')).toMatchObject({ tls, host: 'a.example' })
  expect(await targetOf({ addresses: ['grpcs://a.example:1'] }, 'it')).toMatchObject({
    tls: { verifyServer: true },
    shown: 'a.example:1',
  })
  expect(await targetOf({ addresses: ['localhost:1', '127.0.0.1:2'] }, 'it')).toMatchObject({
    uri: 'ipv4:127.0.0.1:1,127.0.0.1:2',
    authority: 'localhost',
    several: true,
  })
})

test.each([
  [[], /no address/],
  [['ftp://x'], /expected host:port/],
  [['user:s3cr3t@host:1'], /credentials/],
  [['host:99999'], /expected host:port/],
  [['host:1/path'], /expected host:port/],
  [['grpc://a:1', 'grpcs://b:1'], /contradicts/],
])('%j is refused', async (addresses, reason) => {
  const error = await failureOf(targetOf({ addresses }, 'it'))
  expect(error).toMatchObject({ kind: 'connection', integration: 'it', retryable: false })
  expect(error.message).toMatch(reason)
  expect(error.message).not.toContain('s3cr3t')
})
