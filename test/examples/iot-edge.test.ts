import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Running } from '../support/program.js'
import { type RedisServer, startRedis } from '../support/redis-server.js'
import { freePort } from '../support/server-process.js'
import { waitFor } from '../support/wait-for.js'
import { Programs, terminate } from './support.js'

const programs = new Programs()
let redis: RedisServer
let data: string
let port: number

beforeAll(async () => {
  redis = await startRedis()
  data = await mkdtemp(join(tmpdir(), 'nemo-iot-edge-'))
  port = await freePort()
})
afterAll(async () => {
  await programs.kill()
  await redis.stop()
  await rm(data, { recursive: true, force: true })
})

const env = () => ({ REDIS: `redis://127.0.0.1:${redis.port}` })

/** Starts the site. Resolves when its route is ready: the sensors have no way to tell. */
async function startEdge(): Promise<Running> {
  const edge = programs.run('iot-edge', 'edge.hcl', undefined, env(), [
    ...['--var', `mqtt_port=${port}`, '--var', `data=${data}`, '--json'],
  ])
  await edge.seen(/"site"[^\n]*"connected"|"connected"[^\n]*"site"/u)
  return edge
}

/** Publishes readings. Resolves when the broker of the site has acknowledged them. */
async function publish(readings: number): Promise<void> {
  const sensors = programs.node('iot-edge/sensors.mjs', [String(readings), `mqtt://127.0.0.1:${port}`])
  expect((await sensors.ended).code).toBe(0)
}

/** The readings of a room in the order in which they arrived. */
function readingsIn({ stdout }: Running, room: string): readonly number[] {
  return [...stdout.matchAll(/^(\w+) reading (\d+): [\d.]+ °C$/gmu)]
    .filter(([, found]) => found === room)
    .map(([, , n]) => Number(n))
}

test('readings arrive filtered and in order, and wait on the disk while the central broker is away', async () => {
  const central = programs.run('iot-edge', 'central.hcl', 'central.mjs', env())
  const edge = await startEdge()
  // Until the route has subscribed, the broker of the site forgets what nobody wants.
  while (readingsIn(central, 'kitchen').length === 0) await publish(1)
  const since = { kitchen: 0, cellar: 0 }
  const arrived = (room: keyof typeof since) => [...new Set(readingsIn(central, room).slice(since[room]))]
  const all = () =>
    waitFor(() => arrived('kitchen').length >= 20 && arrived('cellar').length >= 18, {
      what: () => `all readings; there are ${arrived('kitchen')} and ${arrived('cellar')}`,
    })
  const numbers = Array.from({ length: 20 }, (_, n) => n + 1)
  const good = numbers.filter((n) => n % 10 !== 0)

  await publish(20)
  await all()
  expect(arrived('kitchen')).toEqual(numbers)
  expect(arrived('cellar')).toEqual(good)

  for (const room of ['kitchen', 'cellar'] as const) since[room] = readingsIn(central, room).length
  await redis.kill()
  await publish(20)
  await redis.restart()
  await all()
  // Only what Redis had not acknowledged when it was killed may come again, out of order.
  const sorted = (room: keyof typeof since) => [...arrived(room)].sort((one, other) => one - other)
  expect(sorted('kitchen')).toEqual(numbers)
  expect(sorted('cellar')).toEqual(good)
  for (const program of [edge, central]) expect(await terminate(program)).toBe(0)
})
