import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type ConfigObject, Gateway } from '../../src/index.js'
import { freePort } from '../support/server-process.js'
import { waitFor } from '../support/wait-for.js'

let gateway: Gateway | undefined
afterEach(async () => {
  await gateway?.shutdown({ timeout: 0 })
  gateway = undefined
})

/** Starts a route whose sink is away, and waits until its buffer has messages. */
async function holding(
  configured: (round: number, buffer: object | undefined) => ConfigObject,
  buffer: object,
) {
  gateway = await Gateway.start(configured(0, buffer))
  await gateway.connections.get('source')
  const running = gateway
  for (let n = 0; n < 5; n++) await running.queue('source').send('in', n)
  await waitFor(() => running.metrics().routes.r!.buffered > 0, { what: 'messages in the buffer' })
  return running
}

const refused = (reloading: Promise<unknown>) => reloading.catch((error: Error) => error)

test.each(['disk', 'memory'])(
  'a reload is refused that would cost what a buffer (%s) holds',
  async (type) => {
    const folder = await mkdtemp(join(tmpdir(), 'nemo-reload-'))
    const port = await freePort()
    const configured = (round: number, buffer: object | undefined): ConfigObject => ({
      integrations: {
        source: { type: 'memory', mailbox: { messages: 1_000 + round } },
        sink: { type: 'redis', endpoint: { address: '127.0.0.1', port } },
      },
      routes: {
        r: {
          from: { integration: 'source', queue: 'in' },
          to: { integration: 'sink', queue: 'out' },
          ...(buffer !== undefined && { buffer }),
        },
      } as ConfigObject['routes'] & object,
    })
    try {
      const buffer = type === 'disk' ? { type, path: join(folder, 'a') } : { type }
      const gateway = await holding(configured, buffer)
      const { threadId } = gateway.connections.status('source')
      const error = await refused(gateway.reload(configured(1, type === 'disk' ? undefined : buffer)))
      expect(error).toMatchObject({ kind: 'config' })
      expect((error as Error).message).toMatch(/^(?!.*refused).*"r".*reload when they are delivered$/)
      expect(gateway.connections.status('source').threadId).toBe(threadId)
      // A buffer on disk that a route goes on to use moves with its source.
      if (type === 'disk') await gateway.reload(configured(2, buffer))
    } finally {
      await gateway?.shutdown({ timeout: 0 })
      await rm(folder, { recursive: true, force: true })
    }
  },
)
