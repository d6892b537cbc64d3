import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { Gateway, type LogRecord } from '../../src/index.js'
import { startNatsServer } from '../support/nats-server.js'
import { startRedis } from '../support/redis-server.js'
import { waitFor } from '../support/wait-for.js'
import { connected } from './support/kill.js'

/** A gateway that serves `m` by one integration and calls it by the other. */
async function serving(integration: { readonly type: string }) {
  const log: LogRecord[] = []
  const common = { ...integration, timeout: '1s', circuit_breaker: { failure_threshold: 100_000 } }
  const gateway = await Gateway.start(
    { integrations: { server: common, caller: common } } as Parameters<typeof Gateway.start>[0],
    { logger: (record) => void log.push(record) },
  )
  onTestFinished(() => gateway.shutdown({ timeout: 0 }))
  await connected(gateway, 'server', 'caller')
  await gateway
    .server('server')
    .register('m', (n) => n)
    .serve()
  const isServed = async () =>
    (await gateway
      .rpc('caller')
      .call('m', 1)
      .catch(() => undefined)) === 1
  const lines = (message: string) => log.filter((record) => record.message === message)
  await waitFor(isServed, { what: () => 'the first answer' })
  return { gateway, isServed, lines }
}

const REFUSED = 'cannot serve m; trying again'

test('a method is served again after Redis did not permit it for a while', async () => {
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const client = new Redis({ port: server.port })
  onTestFinished(() => client.disconnect())
  const { gateway, isServed, lines } = await serving({
    type: 'redis',
    endpoint: { address: `127.0.0.1:${server.port}` },
    config: { block: '100ms' },
  } as { type: string })
  for (let round = 1; round <= 2; round++) {
    await client.call('ACL', 'SETUSER', 'default', '-xreadgroup')
    await waitFor(() => lines(REFUSED).length === round, { what: () => 'the refusal in the log' })
    await client.call('ACL', 'SETUSER', 'default', '+@all')
    await waitFor(isServed, { what: () => `an answer after refusal ${round}` })
    await waitFor(() => lines('serving m again').length === round, { what: () => 'the recovery in the log' })
  }
  expect(lines(REFUSED)[0]).toMatchObject({
    level: 'error',
    integration: 'server',
    method: 'm',
    reason: expect.stringMatching(/^NOPERM/),
  })
  // No handler has failed.
  expect(gateway.metrics().integrations.server).toMatchObject({ handlerErrors: 0 })
})

test('a method is served again after NATS did not permit it for a while', async () => {
  const users = (permissions: string) =>
    `authorization { users: [ { user: "u", password: "p"${permissions} } ] }`
  const server = await startNatsServer({ config: [users('')] })
  onTestFinished(() => server.stop())
  const file = join(server.folder, 'nats.conf')
  const permit = async (permissions: string) => {
    const lines = (await readFile(file, 'utf8')).split('\n')
    await writeFile(
      file,
      lines.map((line) => (/^authorization/.test(line) ? users(permissions) : line)).join('\n'),
    )
    process.kill(server.pid, 'SIGHUP')
  }
  const { isServed, lines } = await serving({
    type: 'nats',
    endpoint: { address: `127.0.0.1:${server.port}` },
    auth: { type: 'password', username: 'u', password: 'p' },
  } as { type: string })
  await permit(', permissions: { subscribe: { deny: ["m", "m *"] } }')
  await waitFor(() => lines(REFUSED).length === 1, { what: () => 'the refusal in the log' })
  expect(lines(REFUSED)[0]).toMatchObject({
    level: 'error',
    method: 'm',
    reason: expect.stringMatching(/permissions violation/i),
  })
  await permit('')
  await waitFor(isServed, { what: () => 'an answer after the refusal' })
})
