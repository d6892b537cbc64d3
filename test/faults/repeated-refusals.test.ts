import { afterEach, describe, expect, test } from 'vitest'
import { Gateway, type IntegrationError } from '../../src/index.js'
import { freePort } from '../support/server-process.js'
import { waitFor } from '../support/wait-for.js'

const gateways: Gateway[] = []
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.shutdown({ timeout: 0 })
})

/** More repetitions than any turn of the loop should have. */
const ENDLESS = 300_000

/** An integration without a broker, so that what it accepts waits. */
async function unreachable(more: object = {}) {
  const port = await freePort()
  const address = `mqtt://127.0.0.1:${port}`
  const gateway = await Gateway.start({
    integrations: { events: { type: 'mqtt', endpoint: { address }, ...more } },
  })
  gateways.push(gateway)
  return gateway
}

/** Repeats at once what is refused, as a careless application does. @returns the kinds of the errors */
async function repeat(operation: () => Promise<unknown>) {
  const kinds = new Set<string>()
  let isOver = false
  setTimeout(() => {
    isOver = true
  }, 0)
  for (let n = 0; n < ENDLESS && !isOver; n++)
    await operation().catch((error: IntegrationError) => kinds.add(error.kind))
  return { kinds: [...kinds], loopWentOn: isOver }
}

describe('an application that repeats a refused request at once does not stop its event loop', () => {
  test('open circuit breaker', async () => {
    const gateway = await unreachable({
      timeout: '50ms',
      retry: { max_attempts: 1 },
      circuit_breaker: { failure_threshold: 1, timeout: '1m' },
    })
    const publish = () => gateway.pubsub('events').publish('t', 1, { qos: 1 })
    await publish().catch(() => {})
    await waitFor(() => gateway.connections.status('events').breaker !== 'closed', {
      what: 'an open breaker',
    })
    expect(await repeat(publish)).toEqual({ kinds: ['circuit-open'], loopWentOn: true })
  })

  test.each(['reject', 'drop-oldest'] as const)('full mailbox, overflow %s', async (overflow) => {
    const gateway = await unreachable({ timeout: '1m', mailbox: { messages: 1, overflow } })
    const publish = () => gateway.pubsub('events').publish('t', 1, { qos: 1 })
    const lanes = await Promise.all(
      Array.from({ length: 4 }, () => repeat(() => Promise.race([publish(), publish()]))),
    )
    for (const lane of lanes) expect(lane).toEqual({ kinds: ['mailbox-full'], loopWentOn: true })
  })

  test('aborted signal', async () => {
    const gateway = await unreachable()
    const signal = AbortSignal.abort()
    const publish = () => gateway.pubsub('events').publish('t', 1, { qos: 1, signal })
    expect(await repeat(publish)).toEqual({ kinds: ['cancelled'], loopWentOn: true })
  })

  test('payload above the limit', async () => {
    const gateway = await unreachable({ limits: { frame: '1KB' } })
    const payload = Buffer.alloc(2_000)
    const publish = () => gateway.pubsub('events').publish('t', payload, { qos: 1 })
    expect(await repeat(publish)).toEqual({ kinds: ['serialize'], loopWentOn: true })
  })

  test('gateway that is shut down', async () => {
    const gateway = await unreachable()
    await gateway.shutdown({ timeout: 0 })
    for (const operation of [
      () => gateway.pubsub('events').publish('t', 1),
      () => gateway.pubsub('events').subscribe('t'),
      () => gateway.queue('events').receive('q'),
      () => gateway.rpc('events').call('m'),
    ])
      expect(await repeat(operation)).toEqual({ kinds: ['shutdown'], loopWentOn: true })
  })
})
