import { afterEach, expect, test } from 'vitest'
import { Gateway, type LogRecord, TimeoutError } from '../../src/index.js'
import { freePort } from '../support/server-process.js'
import { waitFor } from '../support/wait-for.js'

const gateways: Gateway[] = []
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.shutdown({ timeout: 0 })
})

async function unreachable() {
  const lines: LogRecord[] = []
  const port = await freePort()
  const gateway = await Gateway.start(
    {
      integrations: {
        events: {
          type: 'mqtt',
          endpoint: { address: `mqtt://127.0.0.1:${port}` },
          timeout: '300ms',
          circuit_breaker: { failure_threshold: 1, timeout: '1m' },
        },
      },
    },
    { logger: (line) => void lines.push(line) },
  )
  gateways.push(gateway)
  return { gateway, lines }
}

test('the status says why there is no connection, and the log warns', async () => {
  const { gateway, lines } = await unreachable()
  const lastError = () => gateway.connections.status('events').lastError
  await waitFor(() => lastError() !== undefined, { what: 'the first failed attempt' })
  expect(lastError()).toMatchObject({ kind: 'connection', message: expect.stringContaining('ECONNREFUSED') })
  expect(Math.abs(lastError()!.at - Date.now())).toBeLessThan(60_000)
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      message: 'connection:changed',
      reason: expect.stringContaining('ECONNREFUSED'),
    }),
  )
})

test('a time-out says how long, and why there was no connection; the breaker that opens is a warning', async () => {
  const { gateway, lines } = await unreachable()
  const error: unknown = await gateway
    .pubsub('events')
    .publish('t', 1, { qos: 1, timeout: '1s' })
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(TimeoutError)
  expect(error).toMatchObject({
    message: expect.stringMatching(/timed out after \d+ ms.*ECONNREFUSED/),
    cause: { name: 'ConnectionError' },
  })
  await waitFor(() => gateway.connections.status('events').breaker === 'open', { what: 'the open breaker' })
  await expect(gateway.pubsub('events').publish('t', 1)).rejects.toMatchObject({
    kind: 'circuit-open',
    retryAfterMs: expect.any(Number),
  })
  // The state is in shared memory; the event crosses with the next batch.
  const isWarning = (line: (typeof lines)[number]) =>
    line.message === 'breaker:changed' && line.level === 'warn'
  await waitFor(() => lines.some(isWarning), { what: 'the warning' })
  expect(lines.find(isWarning)).toMatchObject({ state: 'open' })
})
