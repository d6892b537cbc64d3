import { describe, expect, it } from 'vitest'
import { besideKey, keySlot } from '../../../src/adapters/redis/client/key-slot.js'
import { redirectAddress, serverAddress } from '../../../src/adapters/redis/endpoint.js'
import { toEntry, toFields, toStreams } from '../../../src/adapters/redis/entry.js'
import { redisManifest } from '../../../src/adapters/redis/manifest.js'
import { wireFormat } from '../../../src/wire/wire-format.js'

const config = (given: object) => redisManifest.config.safeParse(given)

describe('the config block', () => {
  it('is complete without anything in it', () => {
    expect(config({}).data).toMatchObject({
      database: 0,
      protocol: 3,
      consumer_group: 'nemo-workers',
      claim_after: 30_000,
      rpc: { prefix: 'nemo:rpc', lease: 10_000 },
      cluster: false,
    })
  })

  it('takes the example of the specification, and durations as text', () => {
    const given = { database: 1, pool_size: 10, consumer_group: 'g', claim_after: '1m', rpc: { lease: '5s' } }
    expect(config(given).data).toMatchObject({ pool_size: 10, claim_after: 60_000, rpc: { lease: 5_000 } })
  })

  it.each([
    [{ database: -1 }, 'database'],
    [{ pool_size: 0 }, 'pool_size'],
    [{ protocol: 1 }, 'protocol'],
    [{ claim_after: 'soon' }, 'claim_after'],
    [{ databse: 1 }, ''],
    [{ sentinel: {} }, 'sentinel.master'],
    [{ cluster: true, sentinel: { master: 'm' } }, 'sentinel'],
    [{ cluster: true, database: 2 }, 'database'],
    [{ block: '5s', keep_alive: '1s' }, 'block'],
  ])('refuses %j', (given, path) => {
    const checked = config(given)
    expect(checked.success).toBe(false)
    expect(checked.error!.issues[0]!.path.join('.')).toBe(path)
  })
})

describe('addresses', () => {
  const at = (address: string, endpoint = {}) => serverAddress(address, { addresses: [], ...endpoint })
  it.each([
    ['redis.example.com', { host: 'redis.example.com', port: 6379, tls: false }],
    ['h:7000', { host: 'h', port: 7000, tls: false }],
    ['::1', { host: '::1', port: 6379, tls: false }],
    ['[::1]:7000', { host: '::1', port: 7000, tls: false }],
    ['redis://h', { host: 'h', port: 6379, tls: false }],
    ['rediss://h:1', { host: 'h', port: 1, tls: true }],
    ['redis://h:1/2', { host: 'h', port: 1, tls: false, database: 2 }],
    ['redis://[::1]/3', { host: '::1', port: 6379, tls: false, database: 3 }],
    ['unix:/run/redis.sock', { host: '/run/redis.sock', port: 0, tls: false, path: '/run/redis.sock' }],
    ['unix:///run/r.sock', { host: '/run/r.sock', port: 0, tls: false, path: '/run/r.sock' }],
  ])('%s', (address, expected) => {
    expect(at(address)).toEqual(expected)
  })

  it('take the port and TLS of the endpoint', () => {
    expect(at('h', { port: 1, tls: { verifyServer: true } })).toEqual({ host: 'h', port: 1, tls: true })
  })

  it.each([
    '',
    'unix:',
    'http://h',
    'http://user:hunter2@h',
    'redis://',
    'redis://:hunter2@h/x',
    'redis://hunter2@h',
  ])('refuse %j without showing a password', (address) => {
    expect(() => at(address)).toThrow(/^(expected a host|credentials belong in the `auth` block)/)
    expect(() => at(address)).not.toThrow(/hunter2/)
  })

  it('of a redirection may leave the host out', () => {
    const from = { host: 'here', port: 1, tls: true }
    expect(redirectAddress(':7001', from)).toEqual({ host: 'here', port: 7001, tls: true })
    expect(redirectAddress('::1:7001', from)).toEqual({ host: '::1', port: 7001, tls: true })
    expect(redirectAddress('nonsense', from)).toBeUndefined()
  })
})

describe('keys', () => {
  it.each([
    ['123456789', 12_739],
    ['foo', 12_182],
    ['{foo}.bar', 12_182],
    ['foo{}{bar}', 8_363],
  ])('%s is in slot %i', (key, slot) => {
    expect(keySlot(key)).toBe(slot)
  })

  it.each(['jobs', 'a/b', '{tag}x', 'x{y}z'])('beside %s are in its slot', (key) => {
    expect(keySlot(besideKey(key, ':nemo:wake'))).toBe(keySlot(key))
    expect(besideKey(key, ':a')).not.toBe(key)
  })
})

describe('entries', () => {
  const shape = { payloadField: 'payload', format: wireFormat('json'), maxFrame: 1_000 }

  it('keep headers apart from the payload, whatever they are called', () => {
    const fields = toFields('payload', Buffer.from('x'), { payload: 'h', constructor: 'c' }).map((each) =>
      Buffer.from(each),
    )
    const entry = toEntry(Buffer.from('1-1'), fields, shape)!
    expect(entry).toMatchObject({ id: '1-1', payload: Buffer.from('x'), ours: true })
    expect(Object.entries(entry.headers!)).toEqual([
      ['payload', 'h'],
      ['constructor', 'c'],
    ])
    expect(toEntry(Buffer.from('1-1'), null, shape)).toBeUndefined()
  })

  it('are read from both shapes of reply', () => {
    const [key, entries] = [Buffer.from('k'), [Buffer.from('e')]]
    const expected = [{ key: 'k', entries }]
    expect([...toStreams([[key, entries]])]).toEqual(expected)
    expect([...toStreams([key, entries])]).toEqual(expected)
    expect([...toStreams(null)]).toEqual([])
  })
})
