import { connect, headers as natsHeaders } from '@nats-io/transport-node'
import { expect, onTestFinished, test } from 'vitest'
import { Gateway, type Identity } from '../../../src/index.js'
import { startNatsServer } from '../../support/nats-server.js'
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
