import { afterEach, describe, expect, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { waitFor } from '../support/wait-for.js'

const gateways: Gateway[] = []
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.shutdown({ timeout: 0 })
})

async function gateway(): Promise<Gateway> {
  const started = await Gateway.start({
    integrations: { taker: { type: 'memory' }, other: { type: 'memory' } },
  })
  gateways.push(started)
  return started
}

/** A handler that the test lets go on. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

async function fill(from: Gateway, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await from.queue('other').send('jobs', n)
}

describe('shutdown', () => {
  test('waits for the handlers that run, and their acknowledgements leave; nothing else is handed out', async () => {
    const one = await gateway()
    await fill(one, 5)
    const { opened, open } = gate()
    const handled: unknown[] = []
    const consumer = one.queue('taker').consume('jobs', { concurrency: 2 })
    let running = 0
    const consuming = consumer.each(async ({ value }) => {
      running++
      await opened
      handled.push(value)
    })
    await waitFor(() => running === 2, { what: 'two in hand' })
    const shutdown = one.shutdown({ timeout: '20s' })
    open()
    await Promise.all([shutdown, consuming])
    expect(handled).toEqual([0, 1])
    expect(one.metrics().integrations.taker!.counts).toMatchObject({ acked: 2, nacked: 0 })
  })

  test('a second call with a shorter time-out shortens it, one with a longer or none changes nothing', async () => {
    const one = await gateway()
    await fill(one, 1)
    let isRunning = false
    const consuming = one
      .queue('taker')
      .consume('jobs')
      .each(() => {
        isRunning = true
        return new Promise(() => {})
      })
    consuming.catch(() => {})
    await waitFor(() => isRunning, { what: 'the handler' })
    let isShutDown = false
    const shutdown = one.shutdown({ timeout: '1d' }).then(() => (isShutDown = true))
    const later = [one.shutdown(), one.shutdown({ timeout: '2d' })]
    await Promise.race([...later, one.connections.healthCheck()])
    expect(isShutDown).toBe(false)
    await Promise.all([one.shutdown({ timeout: 50 }), shutdown, ...later])
    expect(isShutDown).toBe(true)
  })

  test('a second call with a shorter time-out ends waiting for operations that are under way', async () => {
    const one = await gateway()
    const server = one.server('other').register('hang', () => new Promise(() => {}))
    await server.serve()
    const call = one
      .rpc('other')
      .call('hang', [], { timeout: '1d' })
      .catch((error: unknown) => error)
    await waitFor(() => one.metrics().integrations.other!.depths.operations > 0, { what: 'the call' })
    const shutdown = one.shutdown({ timeout: '1d' })
    await one.shutdown({ timeout: 0 })
    await shutdown
    expect(await call).toMatchObject({ kind: 'shutdown' })
  })

  test('a handler that runs may still use the gateway, and what comes from elsewhere afterwards is refused', async () => {
    const one = await gateway()
    await fill(one, 1)
    const { opened, open } = gate()
    const outcomes: unknown[] = []
    let isRunning = false
    const consuming = one
      .queue('taker')
      .consume('jobs')
      .each(async () => {
        isRunning = true
        await opened
        outcomes.push(
          await one
            .queue('other')
            .send('results', 1)
            .then(() => 'sent'),
        )
        outcomes.push(
          await one
            .queue('other')
            .receive('jobs')
            .catch((error: Error) => error.name),
        )
      })
    await waitFor(() => isRunning, { what: 'the handler to run' })
    const shutdown = one.shutdown({ timeout: '20s' })
    open()
    await Promise.all([shutdown, consuming])
    expect(outcomes).toEqual(['sent', 'ShutdownError'])
    await expect(one.queue('other').send('results', 2)).rejects.toMatchObject({ kind: 'shutdown' })
  })

  test('waits for the body of a loop, and the message in hand is acknowledged', async () => {
    const one = await gateway()
    await fill(one, 3)
    const { opened, open } = gate()
    const bodies: unknown[] = []
    let isRunning = false
    const looping = (async () => {
      for await (const { value } of one.queue('taker').consume('jobs', { concurrency: 3 })) {
        isRunning = true
        await opened
        bodies.push(value)
      }
    })()
    await waitFor(() => isRunning, { what: 'the body of the loop' })
    const shutdown = one.shutdown({ timeout: '20s' })
    open()
    await Promise.all([shutdown, looping])
    expect(bodies).toEqual([0])
    expect(one.metrics().integrations.taker!.counts).toMatchObject({ acked: 1, nacked: 0 })
  })

  test('waits for the calls that are served, and answers them', async () => {
    const one = await gateway()
    const { opened, open } = gate()
    let running = false
    one.server('other').register('slow', async () => {
      running = true
      await opened
      return 'done'
    })
    await one.server('other').serve()
    const call = one.rpc('taker').call('slow')
    await waitFor(() => running, { what: 'the call to arrive' })
    const shutdown = one.shutdown({ timeout: '20s' })
    open()
    expect(await call).toBe('done')
    await shutdown
  })

  test('waits no longer than its time-out for a handler that does not end', async () => {
    const one = await gateway()
    await fill(one, 1)
    const { opened, open } = gate()
    let isRunning = false
    const consuming = one
      .queue('taker')
      .consume('jobs')
      .each(() => {
        isRunning = true
        return opened
      })
    await waitFor(() => isRunning, { what: 'the handler to run' })
    await one.shutdown({ timeout: 200 })
    open()
    await consuming
  })

  test('ends a receive that waits, and a loop that waits', async () => {
    const one = await gateway()
    const receiving = one.queue('taker').receive('nothing', { timeout: '1m' })
    const refused = expect(receiving).rejects.toMatchObject({ kind: 'shutdown' })
    const looping = (async () => {
      for await (const _ of one.queue('taker').consume('nothing')) expect.unreachable()
    })()
    const subscription = await one.pubsub('taker').subscribe('topic')
    const reading = (async () => {
      for await (const _ of subscription) expect.unreachable()
    })()
    await one.shutdown({ timeout: '20s' })
    await Promise.all([refused, looping, reading])
  })

  test('a loop over a subscription finishes what has arrived', async () => {
    const one = await gateway()
    const subscription = await one.pubsub('taker').subscribe<number>('topic')
    for (let n = 0; n < 10; n++) await one.pubsub('other').publish('topic', n)
    await waitFor(() => one.metrics().integrations.taker!.counts.delivered === 10, { what: 'ten delivered' })
    const { opened, open } = gate()
    const seen: number[] = []
    const reading = (async () => {
      for await (const { value } of subscription) {
        seen.push(value)
        await opened
      }
    })()
    await waitFor(() => seen.length === 1, { what: 'the first' })
    const shutdown = one.shutdown({ timeout: '20s' })
    open()
    await Promise.all([shutdown, reading])
    expect(seen).toHaveLength(10)
  })
})

describe('closing a consumer', () => {
  test('waits for its handlers; what nobody has taken goes to others', async () => {
    const one = await gateway()
    await fill(one, 6)
    const { opened, open } = gate()
    const first = one.queue('taker').consume('jobs', { concurrency: 1 })
    const handled: unknown[] = []
    let isRunning = false
    const consuming = first.each(async ({ value }) => {
      isRunning = true
      await opened
      handled.push(value)
    })
    await waitFor(() => isRunning, { what: 'the handler to run' })
    let closed = false
    const closing = first.close().then(() => {
      closed = true
    })
    for (let n = 1; n < 6; n++) {
      const message = await one.queue('other').receive('jobs', { timeout: '10s' })
      expect([message!.value, message!.attempt]).toEqual([n, 1])
    }
    expect([closed, handled]).toEqual([false, []])
    open()
    await Promise.all([closing, consuming])
    expect(handled).toEqual([0])
    expect(one.metrics().integrations.taker!.counts).toMatchObject({ acked: 1, nacked: 0 })
  })

  test('in the body of its loop ends the loop after the message in hand', async () => {
    const one = await gateway()
    await fill(one, 6)
    const consumer = one.queue('taker').consume('jobs', { concurrency: 6 })
    const seen: unknown[] = []
    for await (const { value } of consumer) {
      seen.push(value)
      await consumer.close()
    }
    expect(seen).toEqual([0])
    const rest = new Set<unknown>()
    while (rest.size < 5) {
      const message = await one.queue('other').receive('jobs', { timeout: '10s' })
      expect(message!.attempt).toBe(1)
      rest.add(message!.value)
    }
    expect([...rest].sort()).toEqual([1, 2, 3, 4, 5])
  })
})

test('what a handler throws is logged, counted, and the reason of the dead letter', async () => {
  const lines: unknown[] = []
  const one = await Gateway.start(
    { integrations: { bus: { type: 'memory' } } },
    { logger: (line) => void lines.push(line) },
  )
  gateways.push(one)
  const dead: { reason: string; attempts: number }[] = []
  one.on('message:dead', (event) => dead.push(event))
  await one.queue('bus').send('jobs', 1)
  const consumer = one.queue('bus').consume('jobs', { maxDeliveries: 2 })
  const consuming = consumer.each(() => {
    throw new Error('no such customer')
  })
  await waitFor(() => dead.length === 1, { what: 'the dead letter' })
  expect(dead[0]!.reason).toContain('no such customer')
  expect(lines).toContainEqual({
    level: 'warn',
    message: 'the handler of jobs failed',
    integration: 'bus',
    error: 'no such customer',
  })
  expect(one.metrics().integrations.bus!.handlerErrors).toBe(2)
  await consumer.close()
  await consuming
})
