import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { EventValues } from '../../src/core/events.js'
import { type ConfigObject, Gateway } from '../../src/index.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { freePort } from '../support/server-process.js'
import { waitFor } from '../support/wait-for.js'

let mosquitto: Mosquitto
let gateway: Gateway | undefined
beforeAll(async () => {
  mosquitto = await startMosquitto({ users: { nemo: 'secret' } })
}, 60_000)
afterAll(() => mosquitto?.stop())
afterEach(async () => {
  await gateway?.shutdown({ timeout: 0 })
  gateway = undefined
})

function mqtt(password: string, config: object = {}): ConfigObject {
  return {
    integrations: {
      events: {
        type: 'mqtt',
        endpoint: { address: '127.0.0.1', port: mosquitto.port },
        auth: { type: 'basic', username: 'nemo', password },
        config: { qos: 1, ...config },
      },
    },
  } as ConfigObject
}

async function started(config: ConfigObject): Promise<Gateway> {
  gateway = await Gateway.start(config)
  await gateway.connections.get('events')
  return gateway
}

describe('a reload that is refused', () => {
  test('leaves the earlier actor with its thread if the password is wrong', async () => {
    const gateway = await started(mqtt('secret'))
    const { threadId } = gateway.connections.status('events')
    const subscription = await gateway.pubsub('events').subscribe('a')
    const events: EventValues<'config:reloaded'>[] = []
    gateway.on('config:reloaded', (event) => events.push(event))
    const refused = await gateway.reload(mqtt('wrong')).catch((error: Error) => error)
    expect(refused).toMatchObject({ kind: 'config', integration: 'events', cause: { kind: 'auth' } })
    expect((refused as Error).message).toContain('nothing has changed')
    expect((refused as Error).message).not.toContain('wrong')
    expect(events).toMatchObject([{ result: 'refused' }])
    expect(gateway.connections.status('events')).toMatchObject({ threadId, state: 'connected' })
    await gateway.pubsub('events').publish('a', 1)
    expect((await subscription.recv())?.value).toBe(1)
    // The same source as before is read again.
    expect((await gateway.reload()).every(({ action }) => action === 'unchanged')).toBe(true)
  })

  test('goes back to the earlier settings if two actors cannot run at the same time', async () => {
    const gateway = await started(mqtt('secret', { client_id: 'only-one' }))
    const subscription = await gateway.pubsub('events').subscribe('b')
    const plan = await gateway.reload(mqtt('wrong', { client_id: 'only-one' })).catch((error: Error) => error)
    expect(plan).toMatchObject({ kind: 'config', cause: { kind: 'auth' } })
    await gateway.connections.get('events')
    // The subscription is made again some time after the connection.
    const received: unknown[] = []
    subscription.recv().then((message) => received.push(message?.value))
    await waitFor(
      () =>
        gateway
          .pubsub('events')
          .publish('b', 2)
          .then(() => received.length > 0),
      {
        what: 'the subscription',
      },
    )
    expect(received).toEqual([2])
  })

  test('names what only a new start can change', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nemo-reload-'))
    const path = join(folder, 'a.mjs')
    await writeFile(path, 'export const run = () => 1\n')
    const integrations = { events: { type: 'memory' } } as const
    const gateway = await started({ integrations })
    const { threadId } = gateway.connections.status('events')
    const changed = { integrations, scripts: { a: { path } } } as ConfigObject
    const refused = await gateway.reload(changed).catch((error: Error) => error)
    expect(refused).toMatchObject({ kind: 'config' })
    expect((refused as Error).message).toContain('the blocks "script"')
    expect(gateway.connections.status('events').threadId).toBe(threadId)
    await rm(folder, { recursive: true })
  })

  test('finds a function that a script does not export, and may call another one than before', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nemo-reload-'))
    try {
      const path = join(folder, 'a.mjs')
      await writeFile(path, 'export const one = () => 1\nexport const { computed } = { computed: () => 2 }\n')
      const transformed = (...functions: readonly string[]) =>
        ({
          integrations: { events: { type: 'memory' } },
          scripts: { a: { path } },
          data: {
            d: {
              type: 'subscription',
              integration: 'events',
              topic: 't',
              transform: functions.map((name) => ({ type: 'script', function: `script.a.${name}` })),
            },
          },
        }) as ConfigObject
      const gateway = await started(transformed())
      const { threadId } = gateway.connections.status('events')
      await expect(gateway.reload(transformed('missing'))).rejects.toMatchObject({
        kind: 'config',
        message: expect.stringContaining('exports no function "missing"'),
      })
      expect(gateway.connections.status('events').threadId).toBe(threadId)
      const data = gateway.data('d')
      for (const [name, value] of [['one', 1] as const, ['computed', 2] as const]) {
        await gateway.reload(transformed(name))
        // The source may not be open yet.
        await waitFor(
          () =>
            gateway
              .pubsub('events')
              .publish('t', 0)
              .then(() => data.value === value),
          {
            what: () => `the value of ${name}: ${JSON.stringify(data.value)}`,
          },
        )
      }
      // What the configuration names now, the script must have when it is loaded again.
      const failed: string[] = []
      gateway.on('script:failed', ({ reason }) => failed.push(reason))
      await writeFile(path, 'export const one = () => 1\n')
      await waitFor(() => failed.length > 0, { what: 'the refusal of the script' })
      expect(failed[0]).toContain('exports no function "computed"')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('finds a missing schema before it touches an actor', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nemo-reload-'))
    try {
      const file = join(folder, 'gateway.hcl')
      const write = (proto: string) =>
        writeFile(
          file,
          `integration "events" {
            type   = "memory"
            format = "protobuf"
            protobuf {
              proto   = "${proto}"
              message = "M"
            }
          }`,
        )
      await writeFile(join(folder, 'm.proto'), 'syntax = "proto3"; message M { int32 n = 1; }')
      await write('m.proto')
      gateway = await Gateway.start(file)
      await gateway.connections.get('events')
      const { threadId } = gateway.connections.status('events')
      await write('missing.proto')
      await expect(gateway.reload()).rejects.toMatchObject({ kind: 'config' })
      expect(gateway.connections.status('events').threadId).toBe(threadId)
      expect(gateway.metrics().reloads).toMatchObject({ refused: 1, lastSucceeded: false })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('a reload in turn', () => {
  test('of a client id loses no message of a queue, and says what forces it', async () => {
    const gateway = await started(mqtt('secret', { client_id: 'one' }))
    const seen = new Set<number>()
    const consumer = gateway.queue('events').consume('jobs')
    const consuming = consumer.each(({ value }) => void seen.add(value as number))
    await expect
      .poll(
        () =>
          gateway
            .queue('events')
            .send('jobs', -1)
            .then(
              () => true,
              () => false,
            ),
        { timeout: 10_000 },
      )
      .toBe(true)
    const sent: Promise<unknown>[] = []
    let isOver = false
    const sending = (async () => {
      for (let n = 0; !isOver; n++) {
        sent.push(gateway.queue('events').send('jobs', n))
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })()
    const config = mqtt('secret', { client_id: 'one', keep_alive: '30s' })
    const plan = await gateway.reload(config)
    expect(plan.find(({ kind }) => kind === 'integration')).toMatchObject({
      action: 'replace',
      handOver: 'in turn',
      forcedBy: { attribute: 'config.client_id', place: 'integrations.events.config.client_id' },
    })
    isOver = true
    await sending
    await Promise.all(sent)
    await expect.poll(() => seen.size, { timeout: 10_000 }).toBe(sent.length + 1)
    await consumer.close()
    await consuming
  })

  test('of a server keeps its port', async () => {
    const port = await freePort()
    const config = (limit: number): ConfigObject =>
      ({
        integrations: { client: { type: 'json-rpc', endpoint: { address: `http://127.0.0.1:${port}` } } },
        servers: {
          api: { type: 'json-rpc', listen: { address: '127.0.0.1', port }, mailbox: { messages: limit } },
        },
      }) as ConfigObject
    gateway = await Gateway.start(config(100))
    await gateway.connections.get('api')
    await gateway
      .server('api')
      .register('n', (params) => params)
      .serve()
    const { threadId } = gateway.connections.status('client')
    expect(await gateway.rpc('client').call('n', [1])).toEqual([1])
    const plan = await gateway.reload(config(101))
    expect(plan.find(({ kind }) => kind === 'server')).toMatchObject({
      action: 'replace',
      handOver: 'in turn',
      forcedBy: { attribute: 'listen' },
    })
    await expect
      .poll(() =>
        gateway!
          .rpc('client')
          .call('n', [2])
          .catch(() => undefined),
      )
      .toEqual([2])
    expect(gateway.connections.status('client').threadId).toBe(threadId)
  })
})
