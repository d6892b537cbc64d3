import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { Gateway, ShutdownError } from '../../src/index.js'
import { startMosquitto } from '../support/mosquitto.js'
import { rounds } from '../support/rounds.js'
import { waitFor } from '../support/wait-for.js'
import { connected } from './support/kill.js'
import { Settlements } from './support/settled.js'

const SCRIPT = fileURLToPath(new URL('../fixtures/shutdown-script.js', import.meta.url))
/** Generous, and the difference between ending and hanging. */
const EXIT_WITHIN_MS = 40_000

interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function run(scenario: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [SCRIPT, scenario], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`the process does not end; it said: ${stdout}${stderr}`))
    }, EXIT_WITHIN_MS)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, stdout, stderr })
    })
  })
}

const calm = { late: 'ShutdownError', ended: true, consumerEnded: true, shutdownTwice: true, leftovers: [] }

const SCENARIOS: readonly (readonly [string, readonly string[]])[] = [
  ['idle', []],
  ['zombie', []],
  ['frozen-broker', ['ShutdownError']],
  ['twice', ['ShutdownError']],
  ['embedded', []],
  ['warm-spares', []],
  ['back-off', ['ShutdownError']],
  ['stopped-broker', ['ShutdownError']],
]

test.each(SCENARIOS.slice(0, rounds(4, SCENARIOS.length)))(
  'after shutdown nothing keeps the process alive: %s',
  async (scenario, outcomes) => {
    const { code, stdout, stderr } = await run(scenario)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({ ...calm, outcomes })
  },
  60_000,
)

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

test('what was accepted is settled before it stops; what comes later is refused', async () => {
  const broker = await startMosquitto()
  cleanups.push(() => broker.stop())
  const mqtt = { type: 'mqtt', format: 'json', endpoint: { address: broker.url } }
  const gateway = await Gateway.start({ integrations: { events: mqtt, memory: { type: 'memory' } } })
  const witness = await Gateway.start({ integrations: { events: mqtt } })
  cleanups.push(() => witness.shutdown({ timeout: 0 }))
  await connected(gateway, 'events', 'memory')
  await connected(witness, 'events')
  const seen = new Set<number>()
  const subscription = await witness.pubsub('events').subscribe<number>('numbers', { qos: 1 })
  void (async () => {
    for await (const { value } of subscription) seen.add(value)
  })()

  const accepted = new Settlements()
  for (let n = 0; n < 2_000; n++) {
    accepted.follow(`publish ${n}`, gateway.pubsub('events').publish('numbers', n, { qos: 1 }))
    accepted.follow(`send ${n}`, gateway.queue('memory').send('jobs', n))
  }
  const shutdown = gateway.shutdown({ timeout: '20s' })
  const late = new Settlements()
  late.follow('a late publish', gateway.pubsub('events').publish('numbers', -1))
  late.follow('a late subscription', gateway.pubsub('events').subscribe('numbers'))
  late.follow('a late call', gateway.rpc('memory').call('nothing'))
  late.follow('a late send', gateway.queue('memory').send('jobs', -1))
  late.follow('a late receive', gateway.queue('memory').receive('jobs'))
  await shutdown
  expect(accepted.pending).toBe(0)
  expect(accepted.errors).toEqual([])
  await late.allSettled()
  expect(late.errors).toHaveLength(5)
  for (const error of late.errors) expect(error).toBeInstanceOf(ShutdownError)
  await waitFor(() => seen.size === 2_000, { what: () => `2000 messages; there are ${seen.size}` })
  expect(seen.has(-1)).toBe(false)
})

test('what cannot be settled in time rejects with ShutdownError', async () => {
  const broker = await startMosquitto()
  cleanups.push(() => broker.stop())
  const gateway = await Gateway.start({
    integrations: {
      events: { type: 'mqtt', format: 'json', endpoint: { address: broker.url } },
      memory: { type: 'memory' },
    },
  })
  await connected(gateway, 'events', 'memory')
  broker.pause()
  const pending = new Settlements()
  for (let n = 0; n < 100; n++)
    pending.follow(`publish ${n}`, gateway.pubsub('events').publish('numbers', n, { qos: 1 }))
  pending.follow('subscribe', gateway.pubsub('events').subscribe('others'))
  pending.follow('call', gateway.rpc('memory').call('nobody.serves.this'))
  const receiving = gateway.queue('memory').receive('nothing', { timeout: '1m' })
  pending.follow('receive', receiving)
  const subscription = await gateway.pubsub('memory').subscribe('numbers')
  const recv = subscription.recv()
  await gateway.shutdown({ timeout: '300ms' })
  await pending.allSettled()
  pending.expectTyped()
  expect(pending.errors.filter((error) => error instanceof ShutdownError).length).toBeGreaterThanOrEqual(102)
  await expect(receiving).rejects.toBeInstanceOf(ShutdownError)
  expect(await recv).toBeUndefined()
})

test('frozen brokers do not hold up the shutdown one after the other', async () => {
  const broker = await startMosquitto()
  cleanups.push(() => broker.stop())
  const mqtt = { type: 'mqtt', format: 'json', endpoint: { address: broker.url } }
  const names = Array.from({ length: 8 }, (_, n) => `events${n}`)
  const gateway = await Gateway.start({ integrations: Object.fromEntries(names.map((name) => [name, mqtt])) })
  await connected(gateway, ...names)
  for (const name of names) await gateway.pubsub(name).subscribe('numbers')
  broker.pause()
  const pending = new Settlements()
  for (const name of names) pending.follow(name, gateway.pubsub(name).publish('numbers', 1, { qos: 1 }))
  const began = performance.now()
  await gateway.shutdown({ timeout: '300ms' })
  // Each may take 5 s to stop before it is ended; none needs that, since there is nothing left to wait for.
  expect(performance.now() - began).toBeLessThan(30_000)
  expect(pending.pending).toBe(0)
  for (const error of pending.errors) expect(error).toBeInstanceOf(ShutdownError)
}, 60_000)
