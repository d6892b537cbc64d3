// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates of HCL
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { freePort } from '../support/server-process.js'
import { waitFor } from '../support/wait-for.js'

const MEMORY = { type: 'memory', format: 'json' }

async function start(config: object): Promise<{ gateway: Gateway; logged: string[] }> {
  const logged: string[] = []
  const logger = ({ message }: { readonly message: string }) => void logged.push(message)
  const gateway = await Gateway.start(config as Parameters<typeof Gateway.start>[0], { logger })
  onTestFinished(() => gateway.shutdown({ timeout: '1s' }))
  return { gateway, logged }
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'nemo-disk-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

const route = (more: object) => ({
  from: { integration: 'source', queue: 'in' },
  to: { integration: 'sink', queue: 'out' },
  ...more,
})

test.runIf(process.platform === 'linux')(
  'folders that cannot be made are reported, and other routes of the same thread go on',
  async () => {
    const idempotency = { key: '${message.payload}', store: 'disk', path: '/proc/nemo/keys' }
    const { gateway, logged } = await start({
      integrations: { source: MEMORY, sink: MEMORY, app: MEMORY },
      routes: {
        buffered: route({ buffer: { type: 'disk', path: '/proc/nemo/buffer' } }),
        remembering: route({ from: { integration: 'source', queue: 'in2' }, idempotency }),
        works: route({
          from: { integration: 'source', queue: 'in3' },
          buffer: { type: 'disk', path: await folder() },
        }),
      },
    })
    for (const name of ['buffered', 'remembering'])
      await waitFor(() => logged.filter((line) => line.includes(`route ${name} cannot start`)).length > 1, {
        what: `reports of ${name}`,
      })
    await gateway.queue('app').send('in3', 7)
    const message = await gateway.queue('app').receive('out', { timeout: '20s' })
    expect(message?.value).toBe(7)
    await gateway.queue('app').ack(message!.id)
  },
)

test('a queue keeps what cannot be stored because the folder of the buffer was removed, until it was made again', async () => {
  const path = join(await folder(), 'buffer')
  const port = await freePort()
  const { gateway, logged } = await start({
    integrations: {
      source: MEMORY,
      app: MEMORY,
      sink: { type: 'redis', endpoint: { address: '127.0.0.1', port } },
    },
    routes: { r: route({ buffer: { type: 'disk', path } }) },
  })
  for (let n = 0; n < 50; n++) await gateway.queue('app').send('in', n)
  await waitFor(() => gateway.metrics().routes.r!.buffered === 50, { what: 'the first to be stored' })
  await rm(path, { recursive: true })
  // A file in its place: it cannot be made again.
  await writeFile(path, '')
  for (let n = 50; n < 100; n++) await gateway.queue('app').send('in', n)
  await waitFor(() => gateway.metrics().routes.r!.unstored > 0, { what: 'refused messages' })
  await waitFor(() => logged.some((line) => line.includes('cannot store a message')), { what: 'a report' })
  expect(gateway.metrics().routes.r!.buffered).toBe(50)
  expect(gateway.metrics().routes.r!.counts.received).toBeLessThanOrEqual(100)

  await rm(path)
  await waitFor(() => gateway.metrics().routes.r!.buffered === 100, { what: 'the others to be stored' })
  expect(gateway.metrics().routes.r!.unstored).toBe(0)
  expect((await stat(path)).isDirectory()).toBe(true)
  expect(logged.some((line) => line.includes('stores messages again'))).toBe(true)
  // Nothing went back and forth meanwhile.
  expect(gateway.metrics().routes.r!.counts.received).toBe(100)
})

test('a message that is larger than the buffer is dead-lettered', async () => {
  const { gateway } = await start({
    integrations: { source: MEMORY, sink: MEMORY, app: MEMORY },
    routes: { r: route({ buffer: { type: 'disk', path: await folder(), max_bytes: '64KB' } }) },
  })
  const dead: unknown[] = []
  gateway.on('message:dead', (letter) => dead.push(letter))
  await gateway.queue('app').send('in', 'x'.repeat(100_000))
  await gateway.queue('app').send('in', 'small')
  const message = await gateway.queue('app').receive('out', { timeout: '20s' })
  expect(message?.value).toBe('small')
  await gateway.queue('app').ack(message!.id)
  await waitFor(() => dead.length > 0, { what: 'the dead letter' })
  expect(dead).toEqual([
    expect.objectContaining({ route: 'r', reason: expect.stringContaining('max_bytes') }),
  ])
})
