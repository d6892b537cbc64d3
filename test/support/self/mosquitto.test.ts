import { fork } from 'node:child_process'
import { type EventEmitter, once as onceOf } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, expect, test } from 'vitest'
import { type Mosquitto, startMosquitto } from '../mosquitto.js'
import { waitFor } from '../wait-for.js'

/** The client's own typed emitter is not one that `node:events` knows. */
const once = (emitter: unknown, event: string) => onceOf(emitter as EventEmitter, event)

const brokers: Mosquitto[] = []
const clients: MqttClient[] = []

async function start(...options: Parameters<typeof startMosquitto>): Promise<Mosquitto> {
  const broker = await startMosquitto(...options)
  brokers.push(broker)
  return broker
}

async function connect(url: string): Promise<MqttClient> {
  const client = mqtt.connect(url, { protocolVersion: 5, reconnectPeriod: 0 })
  clients.push(client)
  client.on('error', () => {})
  await once(client, 'connect')
  return client
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.end(true)
  await Promise.all(brokers.splice(0).map((broker) => broker.stop()))
})

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('two at a time, on ports of their own, pass messages; nothing is left after stop', async () => {
  const [one, two] = await Promise.all([start(), start()])
  expect(one.port).not.toBe(two.port)
  const client = await connect(one.url)
  const received = once(client, 'message')
  await client.subscribeAsync('a/#')
  await client.publishAsync('a/b', 'hello', { qos: 1 })
  const [topic, payload] = await received
  expect([topic, payload.toString()]).toEqual(['a/b', 'hello'])
  expect(one.log).toContain('a/b')
  await one.stop()
  expect([isAlive(one.pid), existsSync(one.folder), isAlive(two.pid)]).toEqual([false, false, true])
})

test('it lets in the users it was given, and lets them do what the list allows', async () => {
  const broker = await start({ users: { ann: 'open sesame' }, acl: ['user ann', 'topic readwrite public/#'] })
  const login = (password: string) => {
    const client = mqtt.connect(broker.url, {
      protocolVersion: 5,
      reconnectPeriod: 0,
      username: 'ann',
      password,
    })
    clients.push(client)
    return client
  }
  const [refused] = await once(
    login('hunter2').on('error', () => {}),
    'error',
  )
  expect(String(refused)).toContain('Not authorized')
  const ann = login('open sesame')
  await once(ann, 'connect')
  await ann.publishAsync('public/x', '', { qos: 1 })
  await expect(ann.publishAsync('private/x', '', { qos: 1 })).rejects.toThrow('Not authorized')
})

test('its configuration goes before the defaults', async () => {
  const broker = await start({ config: ['allow_anonymous false'] })
  const client = mqtt.connect(broker.url, { reconnectPeriod: 0 })
  clients.push(client)
  const [error] = await once(client, 'error')
  expect(error.message).toMatch(/not authori[sz]ed/i)
})

test('a wrong configuration is told with the log of the broker', async () => {
  await expect(start({ config: ['no_such_key 1'] })).rejects.toThrow(/did not start[\s\S]*no_such_key/)
})

test('is killed, and comes back on its port', async () => {
  const broker = await start()
  const client = await connect(broker.url)
  const closed = once(client, 'close')
  await broker.kill()
  await closed
  expect(broker.running).toBe(false)
  const { pid, port } = broker
  await broker.restart()
  expect([broker.port, broker.pid === pid]).toEqual([port, false])
  await connect(broker.url)
})

test('frozen it answers nothing until resumed, and can be stopped', async () => {
  const broker = await start()
  const client = await connect(broker.url)
  broker.pause()
  await waitFor(async () => /^State:\s+T/m.test(await readFile(`/proc/${broker.pid}/status`, 'utf8')), {
    what: 'the broker to be frozen',
  })
  const published = client.publishAsync('a', 'b', { qos: 1 }).then(() => 'acknowledged')
  broker.resume()
  expect(await published).toBe('acknowledged')
  broker.pause()
  await broker.stop()
  expect(isAlive(broker.pid)).toBe(false)
})

test('dies with the process that started it, even when that is killed', async () => {
  const child = fork(new URL('./mosquitto-owner.js', import.meta.url).pathname)
  const [{ pid, folder }] = (await once(child, 'message')) as [{ pid: number; folder: string }]
  expect(isAlive(pid)).toBe(true)
  child.kill('SIGKILL')
  await waitFor(() => !isAlive(pid), { what: 'the broker to die' })
  // Its files are all that a killed process cannot clear away.
  await rm(folder, { recursive: true })
})
