import { describe, expect, test } from 'vitest'
import { jsonRpcManifest } from '../../../src/adapters/json-rpc/manifest.js'
import { settingsFor } from '../../support/adapter-context.js'

const { config } = jsonRpcManifest

describe('the config block', () => {
  test('has defaults', () => {
    expect(config.parse({})).toEqual({
      version: '2.0',
      strict: false,
      pool_size: 8,
      pipelining: 1,
      headers: {},
      keep_alive: 4000,
      batch_delay: 0,
      max_in_flight: 1000,
      ping_interval: 30_000,
    })
  })

  test('takes durations as text and as milliseconds, and its own output', () => {
    const parsed = config.parse({
      version: '2.0',
      timeout: '30s',
      keep_alive: 100,
      batch_size: 10,
      headers: { a: 'b' },
    })
    expect(parsed).toMatchObject({ timeout: 30_000, keep_alive: 100, batch_size: 10, headers: { a: 'b' } })
    expect(config.parse(parsed)).toEqual(parsed)
  })

  test.each<[string, unknown]>([
    ['another version', { version: '1.0' }],
    ['an unknown member', { tiemout: '1s' }],
    ['a wrong duration', { timeout: 'soon' }],
    ['a negative duration', { keep_alive: -1 }],
    ['an empty batch', { batch_size: 0 }],
    ['too large a batch', { batch_size: 1001 }],
    ['half a connection', { pool_size: 1.5 }],
    ['no connection', { pool_size: 0 }],
    ['too many connections', { pool_size: 257 }],
    ['no pipelining', { pipelining: 0 }],
    ['a header that is no text', { headers: { a: 1 } }],
    ['a header with a broken name', { headers: { 'a b': 'c' } }],
    ['a header with a line break', { headers: { a: 'b\r\nc: d' } }],
    ['a header of the connection', { headers: { 'Content-Length': '1' } }],
  ])('refuses %s', (_, value) => {
    expect(config.safeParse(value).success).toBe(false)
  })
})

test('the manifest says what the protocol can do', () => {
  expect(jsonRpcManifest).toMatchObject({
    type: 'json-rpc',
    capabilities: ['call', 'notify', 'batch', 'publish', 'subscribe'],
    defaultFormat: 'json',
    needsEndpoint: true,
  })
  expect(jsonRpcManifest.worker().href).toMatch(/\/workers\/json-rpc\.cjs$/)
})

test('over HTTP there are no topics, and the refusal says what has them', () => {
  const variant = (address: string) =>
    jsonRpcManifest.variant!(settingsFor(jsonRpcManifest, { endpoint: { addresses: [address] } }))
  expect(variant('http://localhost')).toEqual({
    capabilities: ['call', 'notify', 'batch'],
    name: 'json-rpc with an http address (an address with ws:// or wss:// has it)',
  })
  expect(variant('wss://localhost')).toBeUndefined()
})
