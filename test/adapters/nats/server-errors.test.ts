import { describe, expect, test } from 'vitest'
import { AuthError, ConnectionError } from '../../../src/core/errors/connection.js'
import { PublishError, SubscribeError } from '../../../src/core/errors/pubsub.js'
import { DequeueError } from '../../../src/core/errors/queue.js'
import { until, within } from '../../support/adapter-context.js'
import { fakeServer, INFO, pongs } from './fake-server.js'
import { bytes, collector, connected, rigFor, serverFor, stranger } from './harness.js'
import { consume, send } from './queues.js'

test('subscriptions beyond the limit of the server are refused, each by itself, and the others work', async () => {
  const LIMIT = 5
  const server = await serverFor({ config: [`max_subs: ${LIMIT}`] })
  const { adapter, context } = await connected({ port: server.port })
  const collectors = Array.from({ length: 2 * LIMIT }, () => collector())
  const results = await Promise.allSettled(
    collectors.map(({ sink }, n) => adapter.pubsub.subscribe(`t.${n}`, {}, sink, within())),
  )
  expect(results.map(({ status }) => status)).toEqual([
    ...Array<string>(LIMIT).fill('fulfilled'),
    ...Array<string>(LIMIT).fill('rejected'),
  ])
  for (const result of results)
    if (result.status === 'rejected') {
      expect(result.reason).toBeInstanceOf(SubscribeError)
      expect(result.reason).toMatchObject({ retryable: false })
      expect((result.reason as Error).message).toContain('maximum subscriptions exceeded')
    }
  const client = await stranger(server)
  for (let n = 0; n < LIMIT; n++) client.publish(`t.${n}`)
  await until(
    () => collectors.slice(0, LIMIT).every(({ messages }) => messages.length === 1),
    'a message each',
  )
  // There is room for another once one has gone.
  if (results[0]!.status === 'fulfilled') await results[0]!.value.close()
  await adapter.pubsub.subscribe('t.9', {}, collectors[9]!.sink, within())
  expect(context.lost).toEqual([])
})

test('a consumer whose inbox the server does not take ends with a DequeueError', async () => {
  const server = await serverFor({ config: ['max_subs: 2'] })
  const rig = await connected({ port: server.port })
  await send(rig, 'jobs', 'x')
  const refused = await consume(rig, 'jobs', 1).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(DequeueError)
  expect((refused as Error).message).toContain('maximum subscriptions exceeded')
  expect(await send(rig, 'jobs', 'y')).toBe('jobs:2')
})

test('calls whose inbox for answers is not permitted are an AuthError, not a time-out', async () => {
  const permissions = 'permissions: { subscribe: { deny: "_INBOX.>" } }'
  const config = [`authorization { users: [ { user: "u", password: "p", ${permissions} } ] }`]
  const server = await serverFor({ config })
  const auth = { type: 'basic', username: 'u', password: 'p' } as const
  const { adapter } = await connected({ port: server.port, auth })
  const error = await adapter.rpc.call('m', 1, within()).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(AuthError)
})

test('a subject that the server has refused once is refused before later messages are sent', async () => {
  const permissions = 'permissions: { publish: { deny: "no.>" } }'
  const config = [`authorization { users: [ { user: "u", password: "p", ${permissions} } ] }`]
  const server = await serverFor({ config })
  const auth = { type: 'basic', username: 'u', password: 'p' } as const
  const { adapter, context } = await connected({ port: server.port, auth })
  const publish = (topic: string) =>
    Promise.resolve(adapter.pubsub.publish(topic, bytes('x'), {}, within())).then(
      () => undefined,
      (error: unknown) => error,
    )
  expect(await publish('no.topic')).toBeUndefined()
  await until(() => context.records.some(({ message }) => message.includes('no.topic')), 'the refusal')
  const error = await publish('no.topic')
  expect(error).toBeInstanceOf(PublishError)
  expect(error).toMatchObject({ retryable: false, notExecuted: true, fault: 'local' })
  await expect(adapter.rpc.notify('no.topic', 1, within())).rejects.toBeInstanceOf(AuthError)
  expect(await publish('yes.topic')).toBeUndefined()
})

test('a call that nobody serves, or that is not permitted, was certainly not executed', async () => {
  const permissions = 'permissions: { publish: { deny: "no.>" } }'
  const config = [`authorization { users: [ { user: "u", password: "p", ${permissions} } ] }`]
  const server = await serverFor({ config })
  const auth = { type: 'basic', username: 'u', password: 'p' } as const
  const { adapter } = await connected({ port: server.port, auth })
  const call = (method: string, value = '') => adapter.rpc.call(method, value, within())
  await expect(call('nobody')).rejects.toMatchObject({ kind: 'rpc', code: -32_601, notExecuted: true })
  await expect(call('no.method')).rejects.toMatchObject({ kind: 'auth', notExecuted: true })
  await expect(call('a b')).rejects.toMatchObject({ kind: 'rpc', notExecuted: true, fault: 'local' })
  const huge = 'x'.repeat(1_100_000)
  await expect(call('m', huge)).rejects.toMatchObject({ kind: 'rpc', notExecuted: true, fault: 'local' })
  await adapter.disconnect()
  await expect(call('m')).rejects.toMatchObject({ kind: 'connection', notExecuted: true })
})

test('of several calls that are not permitted any more, none is said to be not executed', async () => {
  let calls = 0
  const { port } = await fakeServer(INFO, (socket, text) => {
    pongs(socket, text)
    calls += [...text.matchAll(/^H?PUB m /gm)].length
    if (calls === 2) socket.write(`-ERR 'Permissions Violation for Publish to "m"'\r\n`)
  })
  const { adapter } = await connected({ port })
  const errors = await Promise.all(
    [1, 2].map((value) => adapter.rpc.call('m', value, within()).catch((error: unknown) => error)),
  )
  for (const error of errors) {
    expect(error).toBeInstanceOf(AuthError)
    expect(error).not.toHaveProperty('notExecuted')
  }
})

test('a full server is a ConnectionError that may be tried again, with its reason', async () => {
  const server = await serverFor({ config: ['max_connections: 1'] })
  await connected({ port: server.port })
  const error = await rigFor({ port: server.port })
    .adapter.connect(within().signal)
    .catch((error: unknown) => error)
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error).toMatchObject({ retryable: true })
  expect((error as Error).message).toContain('maximum connections exceeded')
})

describe('what a server says when it refuses a connection', () => {
  test.each([
    ['Authorization Violation', AuthError, false],
    ['User Authentication Expired', AuthError, false],
    ['Authentication Timeout', ConnectionError, true],
    ['maximum account active connections exceeded', ConnectionError, true],
    ['attempted to connect to route port', ConnectionError, false],
    ['Secure Connection - TLS Required', ConnectionError, false],
    ['Stale Connection', ConnectionError, true],
  ])('%s', async (text, type, retryable) => {
    const { port } = await fakeServer(INFO, (socket) => socket.end(`-ERR '${text}'\r\n`))
    const error = await rigFor({ port })
      .adapter.connect(within().signal)
      .catch((error: unknown) => error)
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ retryable })
    expect((error as Error).message).toContain(text)
  })
})

test('an error that does not end the connection is logged, and not blamed for its end later', async () => {
  const { port, sockets } = await fakeServer(INFO, pongs)
  const { adapter, context } = await connected({ port })
  sockets[0]!.write("-ERR 'Something Odd'\r\n")
  await until(() => context.records.some(({ message }) => message.includes('Something Odd')), 'the log')
  await adapter.ping(within().signal)
  sockets[0]!.end()
  await until(() => context.lost.length === 1, 'the loss')
  expect(context.lost[0]!.message).not.toContain('Odd')
})
