import { expect, test } from 'vitest'
import { serverAddress } from '../../../src/adapters/nats/client/address.js'
import { ServerPool } from '../../../src/adapters/nats/client/server-pool.js'
import { Subjects } from '../../../src/adapters/nats/subjects.js'
import { ConnectionError } from '../../../src/core/errors/connection.js'

const auto = new Subjects('auto')
const nats = new Subjects('nats')

test('a topic with slashes is written as a subject, any other is one', () => {
  expect(auto.subject('orders/created')).toBe('orders.created')
  expect(auto.subject('orders.created')).toBe('orders.created')
  expect(auto.subject('orders')).toBe('orders')
  expect(nats.subject('orders/created.v1')).toBe('orders/created.v1')
  expect(auto.subject('ключ/ü')).toBe('ключ.ü')
})

test('patterns in the style of MQTT stand for what they stand for there', () => {
  const level = auto.pattern('w/+/x')
  expect(level.subjects).toEqual(['w.*.x'])
  expect(level.topicOf?.('w.1.x')).toBe('w/1/x')
  expect(auto.pattern('w/#').subjects).toEqual(['w', 'w.>'])
  expect(auto.pattern('#').subjects).toEqual(['>'])
  expect(auto.pattern('+').subjects).toEqual(['*'])
  expect(auto.pattern('w/x')).toEqual({ subjects: ['w.x'] })
})

test('patterns in the style of NATS are left as they are', () => {
  const tree = auto.pattern('w.>')
  expect(tree.subjects).toEqual(['w.>'])
  expect(tree.topicOf?.('w.1.x')).toBe('w.1.x')
  expect(auto.pattern('*.b').subjects).toEqual(['*.b'])
  expect(nats.pattern('a/b.*').subjects).toEqual(['a/b.*'])
})

test('what is no topic is refused with a reason', () => {
  for (const topic of [
    '',
    'a b',
    'a\r\nPUB x',
    '.a',
    'a..b',
    '/a',
    'a//b',
    'a/',
    'a/b.c',
    'a.*',
    '>',
    'w/+',
    'a\u0000b',
  ])
    expect(() => auto.subject(topic), JSON.stringify(topic)).toThrow(RangeError)
  for (const pattern of ['', 'a/#/b', 'a.>.b', 'a/b+', 'a/*/b', 'x y', 'a/.', 'y'.repeat(4_000)])
    expect(() => auto.pattern(pattern), JSON.stringify(pattern)).toThrow(RangeError)
  expect(() => auto.subject('a/b.c')).toThrow('topic_style')
})

test('addresses are hosts or URLs, and never show a password', () => {
  const endpoint = { port: 5_000 }
  expect(serverAddress('h', endpoint)).toEqual({ host: 'h', port: 5_000, serverName: 'h', secure: false })
  expect(serverAddress('h:1', endpoint)).toMatchObject({ host: 'h', port: 1 })
  expect(serverAddress('tls://h', {})).toMatchObject({ port: 4_222, secure: true })
  expect(serverAddress('::1', {})).toMatchObject({ host: '::1', port: 4_222 })
  for (const wrong of ['http://h', 'nats://', '', 'nats://u:hunter2@h']) {
    expect(() => serverAddress(wrong, {})).toThrow(ConnectionError)
    expect(() => serverAddress(wrong, {})).not.toThrow('hunter2')
  }
})

test('servers of the cluster come and go, configured ones stay, and the one that failed is last', () => {
  const pool = new ServerPool({ addresses: ['a:1', 'b:2'] })
  pool.refresh()
  const names = () => pool.servers.map(({ host }) => host)
  const [a] = pool.servers as [(typeof pool.servers)[number]]
  pool.discovered(['127.0.0.1:3', 'c:4', 'a:1', 'no nonsense:x'], a)
  expect(names()).toEqual(['a', 'b', '127.0.0.1', 'c'])
  expect(pool.servers[2]).toMatchObject({ port: 3, serverName: 'a' })
  pool.postpone(a)
  expect(names()).toEqual(['b', '127.0.0.1', 'c', 'a'])
  pool.discovered(['c:4'], a)
  expect(names()).toEqual(['b', 'c', 'a'])
  pool.discovered([], a)
  expect(names()).toEqual(['b', 'c', 'a'])
})

test('addresses of the endpoint that change are taken over, what the cluster told of stays', () => {
  const endpoint = { addresses: ['a:1', 'b:2'] }
  const pool = new ServerPool(endpoint)
  const names = () => pool.servers.map(({ host }) => host)
  expect(names()).toEqual([])
  pool.refresh()
  pool.discovered(['c:3'], pool.servers[0]!)
  pool.postpone(pool.servers[0]!)
  pool.refresh()
  expect(names()).toEqual(['b', 'c', 'a'])
  endpoint.addresses = ['d:4', 'b:2']
  pool.refresh()
  expect(names()).toEqual(['d', 'b', 'c'])
  endpoint.addresses = ['http://x']
  expect(() => pool.refresh()).toThrow(ConnectionError)
})
