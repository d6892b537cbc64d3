import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { waitFor } from '../support/wait-for.js'

/** An adapter whose factory spins as long as there is a file. */
async function spinning(): Promise<{ readonly module: string; readonly flag: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-starting-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const [module, flag] = [join(folder, 'spinning.mjs'), join(folder, 'flag')]
  await writeFile(
    module,
    `import { existsSync } from 'node:fs'
export const manifest = { type: 'spinning', capabilities: ['publish'], needsEndpoint: false, formats: ['json'] }
export const adapter = () => {
  while (existsSync(${JSON.stringify(flag)})) {}
  return { protocol: 'spinning', async connect() {}, async disconnect() {}, pubsub: { async publish() {}, async subscribe() { throw new Error('nothing') } } }
}`,
  )
  return { module, flag }
}

test('a thread that spins while it starts is noticed and replaced', async () => {
  const { module, flag } = await spinning()
  const supervision = { heartbeat: '300ms', max_restarts: 1_000, backoff: '1ms', max_backoff: '10ms' }
  const logged: string[] = []
  const config = { integrations: { a: { type: module, supervision }, other: { type: 'memory' } } }
  const gateway = await Gateway.start(config as Parameters<typeof Gateway.start>[0], {
    logger: ({ message }) => void logged.push(message),
  })
  onTestFinished(() => gateway.shutdown({ timeout: '1s' }))
  await waitFor(() => gateway.connections.status('a').state === 'connected', { what: 'the first life' })
  await writeFile(flag, '')
  await gateway.connections.inject('a', 'throw').catch(() => {})
  // Without the watch, a start ends after 30 s.
  await waitFor(() => logged.filter((line) => line.includes('missed its heartbeat')).length > 2, {
    what: () => `reports of threads that spin while they start: ${logged}`,
  })
  await rm(flag)
  await waitFor(() => gateway.connections.status('a').state === 'connected', { what: 'another life' })
  await gateway.pubsub('a').publish('t', 1)
})

test('a gateway whose first thread spins does not start, and says why', async () => {
  const { module, flag } = await spinning()
  await writeFile(flag, '')
  const config = { integrations: { a: { type: module, supervision: { heartbeat: '300ms' } } } }
  await expect(Gateway.start(config as Parameters<typeof Gateway.start>[0])).rejects.toMatchObject({
    kind: 'actor-crashed',
    message: expect.stringContaining('missed its heartbeat'),
  })
  await rm(flag)
})
