import { afterEach, expect, test } from 'vitest'
import { ActorCrashedError, Gateway } from '../../src/index.js'
import { startMosquitto } from '../support/mosquitto.js'
import { waitFor } from '../support/wait-for.js'
import { connected, kill } from './support/kill.js'
import { Settlements } from './support/settled.js'

const supervision = {
  heartbeat: '300ms',
  max_restarts: 1_000,
  within: '1m',
  backoff: '1ms',
  max_backoff: '20ms',
}
const memory = { type: 'memory', supervision }
const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function start(integrations: Record<string, object>): Promise<Gateway> {
  const gateway = await Gateway.start({ integrations } as never)
  cleanups.push(() => gateway.shutdown({ timeout: 0 }))
  await connected(gateway, ...Object.keys(integrations))
  return gateway
}

test('publishes that were not acknowledged are handed to the successor', async () => {
  const broker = await startMosquitto()
  cleanups.push(() => broker.stop())
  const mqtt = { type: 'mqtt', format: 'json', endpoint: { address: broker.url }, supervision }
  const gateway = await start({ victim: mqtt, other: mqtt })
  const seen = new Set<number>()
  const subscription = await gateway.pubsub('other').subscribe<number>('numbers', { qos: 1 })
  void (async () => {
    for await (const { value } of subscription) seen.add(value)
  })()

  // A frozen broker acknowledges nothing.
  broker.pause()
  const settlements = new Settlements()
  for (let n = 0; n < 100; n++)
    settlements.follow(`publish ${n}`, gateway.pubsub('victim').publish('numbers', n, { qos: 1 }))
  await waitFor(() => gateway.metrics().integrations.victim?.depths.operations === 100, {
    what: 'the actor to have them all',
  })
  const { threadId } = gateway.connections.status('victim')
  await gateway.connections.inject('victim', 'throw').catch(() => {})
  await waitFor(() => (gateway.connections.status('victim').threadId ?? threadId) !== threadId, {
    what: 'the successor',
  })
  expect(settlements.pending).toBe(100)
  broker.resume()
  await settlements.allSettled()
  expect(settlements.errors).toEqual([])
  await waitFor(() => seen.size === 100, { what: () => `all 100 messages; there are ${seen.size}` })
})

test('a call marked idempotent is made again; any other may have been executed, and says so', async () => {
  const gateway = await start({ victim: memory, service: memory })
  const calls: string[] = []
  let answer: () => void = () => {}
  const mayAnswer = new Promise<void>((resolve) => {
    answer = resolve
  })
  const server = gateway.server('service')
  server.register('work', async (params) => {
    calls.push(params as string)
    await mayAnswer
    return `done: ${params}`
  })
  await server.serve()
  const rpc = gateway.rpc('victim')
  const idempotent = rpc.call('work', 'idempotent', { idempotent: true })
  const other = rpc.call('work', 'other')
  const crashed = expect(other).rejects.toSatisfy(
    (error) => error instanceof ActorCrashedError && error.maybeExecuted && error.integration === 'victim',
  )
  await waitFor(() => calls.length === 2, { what: 'both calls to arrive' })

  await kill(gateway, 'victim', 'exit')
  await crashed
  await waitFor(() => calls.length === 3, { what: 'the idempotent call to be made again' })
  answer()
  expect(await idempotent).toBe('done: idempotent')
  expect(calls.toSorted()).toEqual(['idempotent', 'idempotent', 'other'])
})

test('a message that was received and not acknowledged comes again; its first delivery can no longer be settled', async () => {
  const gateway = await start({ victim: memory, sender: memory })
  const queue = gateway.queue('victim')
  await gateway.queue('sender').send('jobs', { job: 1 })
  const first = await queue.receive<{ job: number }>('jobs', { timeout: '10s' })
  expect(first).toMatchObject({ value: { job: 1 }, attempt: 1, redelivered: false })

  await kill(gateway, 'victim', 'throw')
  expect(await queue.ack(first!.id)).toBe(false)
  expect(await first!.nack()).toBe(false)
  const second = await queue.receive<{ job: number }>('jobs', { timeout: '10s' })
  expect(second).toMatchObject({ value: { job: 1 }, attempt: 2, redelivered: true })
  expect(second!.id).not.toBe(first!.id)
  expect(await queue.ack(second!.id)).toBe(true)
  expect(await queue.ack(second!.id)).toBe(false)

  await kill(gateway, 'victim', 'throw')
  expect(await queue.receive('jobs', { timeout: '300ms' })).toBeUndefined()
})

test('a consumer goes on after a crash: what it had not acknowledged comes again, the rest once', async () => {
  const gateway = await start({ victim: memory, sender: memory })
  const deliveries = new Map<number, { attempt: number; redelivered: boolean }[]>()
  const acknowledged = new Set<number>()
  let release: () => void = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const consumer = gateway.queue('victim').consume<number>('jobs', { concurrency: 4 })
  const working = consumer.each(async (message) => {
    const { value, attempt, redelivered } = message
    deliveries.set(value, [...(deliveries.get(value) ?? []), { attempt, redelivered }])
    if (value >= 100 && attempt === 1) await held
    if (await message.ack()) acknowledged.add(value)
  })
  for (let n = 0; n < 100; n++) await gateway.queue('sender').send('jobs', n)
  await waitFor(() => acknowledged.size === 100, { what: 'a hundred jobs to be done' })
  for (let n = 100; n < 104; n++) await gateway.queue('sender').send('jobs', n)
  await waitFor(() => deliveries.size === 104, { what: 'four more to be in hand' })

  await kill(gateway, 'victim', 'spin')
  release()
  await waitFor(() => acknowledged.size === 104, {
    what: () => `all jobs to be acknowledged; there are ${acknowledged.size}`,
  })
  for (let n = 0; n < 100; n++) expect(deliveries.get(n)).toEqual([{ attempt: 1, redelivered: false }])
  for (let n = 100; n < 104; n++)
    expect(deliveries.get(n)).toEqual([
      { attempt: 1, redelivered: false },
      { attempt: 2, redelivered: true },
    ])
  await consumer.close()
  await working
})

test('an idle request to receive survives the crash and gets the message that comes later', async () => {
  const gateway = await start({ victim: memory, sender: memory })
  const receiving = gateway.queue('victim').receive<number>('jobs', { timeout: '20s' })
  await waitFor(() => gateway.metrics().integrations.victim?.depths.operations === 1, { what: 'it to wait' })
  await kill(gateway, 'victim', 'exit')
  await gateway.queue('sender').send('jobs', 7)
  expect((await receiving)?.value).toBe(7)
})

test('a crash with a full mailbox ends no subscription', async () => {
  const gateway = await start({
    victim: { ...memory, mailbox: { messages: 8, overflow: 'reject' } },
    other: memory,
  })
  const subscription = await gateway.pubsub('victim').subscribe<number>('numbers')
  const settlements = new Settlements()
  const { restarts } = gateway.connections.status('victim')
  await gateway.connections.inject('victim', 'exit').catch(() => {})
  await waitFor(
    () => {
      // More than there is room for, at every moment until the successor is there.
      for (let n = 0; n < 16; n++) settlements.follow('publish', gateway.pubsub('victim').publish('other', n))
      return gateway.connections.status('victim').restarts > restarts
    },
    { what: 'the successor', everyMs: 1 },
  )
  await connected(gateway, 'victim')
  await settlements.allSettled()
  settlements.expectTyped()
  const received = subscription.recv()
  await gateway.pubsub('other').publish('numbers', 1)
  expect((await received)?.value).toBe(1)
})
