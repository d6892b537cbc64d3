import { connect, headers as natsHeaders } from '@nats-io/transport-node'
import { expect, onTestFinished, test } from 'vitest'
import { Gateway, type Identity } from '../../../src/index.js'
import { startNatsServer } from '../../support/nats-server.js'
import { startRedis } from '../../support/redis-server.js'
import { waitFor } from '../../support/wait-for.js'
import { SECRET, token } from './support.js'

test('a method that is served over NATS knows its callers', async () => {
  const server = await startNatsServer()
  onTestFinished(() => server.stop())
  const gateway = await Gateway.start({
    integrations: {
      bus: {
        type: 'nats',
        endpoint: { address: '127.0.0.1', port: server.port },
        serve: { auth: { type: 'jwt', secret: SECRET }, method: { cancel: { scope: 'w' } } },
      },
    },
  })
  onTestFinished(() => gateway.shutdown({ timeout: 100 }))
  const seen: (Identity | undefined)[] = []
  const handle = (_: unknown, { identity }: { readonly identity?: Identity }) => {
    seen.push(identity)
    return 'done'
  }
  await gateway.server('bus').register('cancel', handle).serve()
  const client = await connect({ port: server.port })
  onTestFinished(() => client.close())
  const ask = async (authorization?: string) => {
    const headers = natsHeaders()
    if (authorization !== undefined) headers.set('Authorization', authorization)
    const answer = await client.request('cancel', '{}', { headers, timeout: 10_000 })
    return answer.headers?.get('Nats-Service-Error-Code') || answer.json()
  }
  expect(await ask()).toBe('-32001')
  expect(await ask('Bearer nonsense')).toBe('-32001')
  expect(await ask(`Bearer ${await token()}`)).toBe('-32003')
  expect(await ask(`Bearer ${await token({ scope: 'w' })}`)).toBe('done')
  expect(seen).toMatchObject([{ subject: 'ann', scopes: ['w'] }])
  // Callers of the gateway send the header like any other.
  const headers = { authorization: `Bearer ${await token({ sub: 'bob', scope: 'w' })}` }
  expect(await gateway.rpc('bus').call('cancel', {}, { headers })).toBe('done')
  expect(seen[1]).toMatchObject({ subject: 'bob' })
})

test('a caller of the gateway presents its token over Redis', async () => {
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const endpoint = { address: '127.0.0.1', port: server.port }
  const gateway = await Gateway.start({
    integrations: {
      api: { type: 'redis', endpoint, serve: { auth: { type: 'jwt', secret: SECRET } } },
      caller: { type: 'redis', endpoint },
    },
  })
  onTestFinished(() => gateway.shutdown({ timeout: 100 }))
  const seen: (string | undefined)[] = []
  await gateway
    .server('api')
    .register('who', (_, { identity, headers }) => {
      seen.push(identity?.subject)
      return headers
    })
    .serve()
  const caller = gateway.rpc('caller')
  await expect(caller.call('who')).rejects.toMatchObject({ code: -32_001 })
  const headers = { Authorization: `Bearer ${await token()}` }
  // Handlers do not get the credentials.
  expect(await caller.call('who', undefined, { headers })).toEqual({})
  await caller.notify('who', undefined, { headers })
  await waitFor(() => seen.length === 2, { what: () => 'the notification' })
  expect(seen).toEqual(['ann', 'ann'])
  const refusals: number[] = []
  gateway.on('server:refused', ({ count }) => refusals.push(count))
  await Promise.allSettled(Array.from({ length: 50 }, () => caller.call('who')))
  // Those of the last second are recorded too.
  await gateway.shutdown({ timeout: 5_000 })
  expect(refusals.reduce((sum, count) => sum + count, 0)).toBe(50)
})
