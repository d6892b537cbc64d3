import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as errors from '../../src/adapter.js'
import { Gateway } from '../../src/index.js'
import { decodeError, encodeError } from '../../src/mailbox/error-codec.js'
import { ServedRequest } from '../../src/server/served-request.js'
import { waitFor } from '../support/wait-for.js'

/** In every secret of these tests. */
const SECRET = 'hunter2'
const shown = (thing: unknown) => inspect(thing, { breakLength: Number.POSITIVE_INFINITY })

let gateway: Gateway
beforeAll(async () => {
  gateway = await Gateway.start({
    variables: { password: { default: SECRET } },
    brokers: { local: { type: 'memory' } },
    integrations: {
      local: { type: 'memory', endpoint: { address: 'local' } },
      nobody: {
        type: 'mqtt',
        endpoint: { address: '127.0.0.1', port: 1 },
        auth: { type: 'basic', username: 'ann', password: SECRET },
        reconnect: { enabled: false },
      },
    },
  })
  await gateway.connections.get('local')
  await waitFor(() => gateway.connections.status('nobody').state === 'failed', {
    what: 'the connection fails',
  })
})
afterAll(() => gateway.shutdown())

test('a gateway shows what it has and how it stands', () => {
  expect(shown(gateway)).toBe(
    "Gateway { state: 'running', integrations: { local: 'memory, connected', nobody: 'mqtt, failed' }, " +
      "brokers: { local: 'memory, running', memory: 'memory, running' } }",
  )
  expect(shown(gateway.connections)).toBe("ConnectionManager { local: 'connected', nobody: 'failed' }")
  expect(inspect(gateway, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain(SECRET)
})

test('a client shows its integration', () => {
  expect(shown(gateway.rpc('local'))).toBe("RpcClient { integration: 'local', type: 'memory' }")
  expect(shown(gateway.pubsub('local'))).toBe("PubSubClient { integration: 'local', type: 'memory' }")
  expect(shown(gateway.queue('nobody'))).toBe("QueueClient { integration: 'nobody', type: 'mqtt' }")
})

test('a server shows the methods that it serves', async () => {
  const server = gateway.server('local').register('users.list', () => [])
  expect(shown(server)).toBe("RpcServer { name: 'local', type: 'memory', served: [] }")
  await server.serve()
  expect(shown(server)).toBe("RpcServer { name: 'local', type: 'memory', served: [ 'users.list' ] }")
})

test('what a handler receives beside the parameters shows no secret of its headers', () => {
  const request = new ServedRequest('users.list', { authorization: SECRET, tenant: 'acme' })
  expect(shown(request)).toBe(
    "RequestContext { method: 'users.list', headers: { authorization: '***', tenant: 'acme' } }",
  )
})

test('a message of a subscription shows its parts, and no secret of its headers', async () => {
  const events = gateway.pubsub('local')
  const subscription = await events.subscribe('orders/#')
  expect(shown(subscription)).toBe("Subscription { pattern: 'orders/#', state: 'open', dropped: 0 }")
  await events.publish('orders/1', { id: 7 })
  expect(shown(await subscription.recv())).toBe("Message { topic: 'orders/1', value: { id: 7 } }")
  await events.publish('orders/2', 'x', { headers: { authorization: SECRET, tenant: 'acme' } })
  expect(shown(await subscription.recv())).toBe(
    "Message { topic: 'orders/2', value: 'x', headers: { authorization: '***', tenant: 'acme' } }",
  )
  await subscription.close()
  expect(shown(subscription)).toBe("Subscription { pattern: 'orders/#', state: 'closed', dropped: 0 }")
})

test('a message whose value cannot be read shows why', async () => {
  const events = gateway.pubsub('local')
  const subscription = await events.subscribe('raw')
  await events.publish('raw', Buffer.from('{'), { format: 'binary' })
  expect(shown(await subscription.recv())).toMatch(/^Message \{ topic: 'raw', error: 'json: .*' \}$/)
  await subscription.close()
})

test('a message of a queue, and a consumer, show how they stand', async () => {
  const jobs = gateway.queue('local')
  await jobs.send('jobs', { n: 1 })
  const message = await jobs.receive('jobs')
  const parts =
    /^QueueMessage \{ id: '1-\d+', queue: 'jobs', value: \{ n: 1 \}, messageId: '[^']+', attempt: 1, isSettled: /
  expect(shown(message)).toMatch(parts)
  expect(shown(message)).toMatch(/isSettled: false \}$/)
  await message!.ack()
  expect(shown(message)).toMatch(/isSettled: true \}$/)
  const consumer = jobs.consume('jobs', { concurrency: 3 })
  expect(shown(consumer)).toBe("QueueConsumer { queue: 'jobs', state: 'open', concurrency: 3, inHand: 0 }")
  await consumer.close()
  expect(shown(consumer)).toBe("QueueConsumer { queue: 'jobs', state: 'closed', concurrency: 3, inHand: 0 }")
})

/** The fields that are shown after the stack. */
function fieldsOf(error: Error): string {
  error.stack = `${error.name}: ${error.message}`
  const text = shown(error)
  expect(text.startsWith(`[${error.stack}]`) || text.startsWith(error.stack)).toBe(true)
  return text.slice(text.indexOf('{'))
}

test('an error shows its stack, and what its message does not say', () => {
  const about = { integration: 'e' }
  expect(fieldsOf(new errors.PublishError('orders', 'not authorised', about))).toBe(
    "{ integration: 'e', retryable: false, kind: 'publish' }",
  )
  expect(fieldsOf(new errors.RpcError(-32_000, 'no', { id: 7 }, about))).toBe(
    "{ integration: 'e', retryable: false, kind: 'rpc', code: -32000, data: { id: 7 } }",
  )
  expect(fieldsOf(new errors.ConfigError('wrong', []))).toBe("{ retryable: false, kind: 'config' }")
  const error = new errors.ConnectionError('lost', { cause: new Error('ECONNRESET') })
  expect(shown(error)).toContain('inspect.test')
  expect(shown(error)).toContain('[cause]: Error: ECONNRESET')
})

test('an error that crossed from the actor shows the same', () => {
  const error = new errors.TimeoutError('call users.list', { integration: 'e', afterMs: 30 })
  expect(shown(decodeError(encodeError(error)))).toBe(shown(error))
  expect(shown([error])).toContain('TimeoutError: call users.list timed out after 30 ms')
})
