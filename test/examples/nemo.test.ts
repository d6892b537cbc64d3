import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type CheckedConfig, checkConfig } from '../../src/config/load.js'
import { Late } from '../../src/core/settings/late.js'
import { LOCALHOST_CERT, LOCALHOST_KEY, TEST_CA } from '../support/certificates.js'
import { type RedisServer, startRedis } from '../support/redis-server.js'
import { freePort } from '../support/server-process.js'
import { waitFor } from '../support/wait-for.js'
import { NEMO } from './nemo-object.js'
import { EXAMPLES, Programs, terminate } from './support.js'

const programs = new Programs()
let folder: string
let redis: RedisServer
let variables: Record<string, string>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nemo-example-'))
  const [cert, key] = [join(folder, 'server.crt'), join(folder, 'server.key')]
  await writeFile(cert, LOCALHOST_CERT)
  await writeFile(key, LOCALHOST_KEY)
  redis = await startRedis()
  variables = {
    api_url: `http://127.0.0.1:${await freePort()}`,
    mqtt_port: String(await freePort()),
    redis_port: String(redis.port),
    server_port: String(await freePort()),
    tls_cert: cert,
    tls_key: key,
    poll_interval: '200ms',
  }
})
afterAll(async () => {
  await programs.kill()
  await redis?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('the example polls, subscribes, orders and announces', async () => {
  const more = Object.entries(variables).flatMap(([name, value]) => ['--var', `${name}=${value}`])
  const program = programs.run('nemo', '', 'app.mjs', {}, more)
  await waitFor(() => program.stdout.includes('announced: '), {
    what: () => `the order to be announced; it says\n${program.stdout}`,
  })
  const said = program.stdout.match(/^(?:users|price|ordered|announced): .*$/gmu)
  expect(said).toEqual(['users: Ann', 'price: lamp 49', 'ordered: order-1', 'announced: order-1'])
  const call = await caller()
  expect(await call('data.get', { name: 'user_data' })).toEqual([{ id: 1, name: 'Ann', status: 'active' }])
  const order = { name: 'create_order', params: { article: 'chair' } }
  expect(await call('action.execute', order)).toEqual({ id: 'order-2', article: 'chair' })
  expect(await terminate(program)).toBe(0)
})

/** A program that calls the server of the example with a token. */
async function caller() {
  const secret = new TextEncoder().encode('a secret of at least 32 characters')
  const token = await new SignJWT({ sub: 'me' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(secret)
  const dispatcher = new Agent({ connect: { ca: TEST_CA } })
  onTestFinished(() => dispatcher.close())
  return async (method: string, params: object) => {
    const { body } = await request(`https://localhost:${variables.server_port}`, {
      dispatcher,
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    return ((await body.json()) as { result?: unknown }).result
  }
}

/** The configuration as plain data. Expressions are computed with this trigger. */
function plain(checked: CheckedConfig): unknown {
  const trigger = { result: { id: 'order-7' } }
  return JSON.parse(
    JSON.stringify(checked.ok && checked.config, (_, value) =>
      value instanceof Late ? value.evaluate({ trigger }) : value,
    ),
  )
}

test('the same as an object gives the same gateway', () => {
  const byName = (checked: CheckedConfig) => {
    const { integrations, servers, ...rest } = plain(checked) as Record<
      string,
      { settings: { name: string } }[]
    >
    const sorted = (each: typeof integrations) =>
      each!.sort((a, b) => (a.settings.name < b.settings.name ? -1 : 1))
    return { ...rest, integrations: sorted(integrations), servers: sorted(servers) }
  }
  const options = { variables, env: {} }
  const [files, object] = [checkConfig(`${EXAMPLES}nemo`, options), checkConfig(NEMO, options)]
  expect(files.diagnostics).toEqual([])
  expect(object.diagnostics).toEqual([])
  expect(byName(object)).toEqual(byName(files))
  expect((plain(files) as { actions: object[] }).actions[1]).toMatchObject({
    message: { order_id: 'order-7' },
  })
})
