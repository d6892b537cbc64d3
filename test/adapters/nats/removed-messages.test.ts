import { copyFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { until } from '../../support/adapter-context.js'
import { connected, serverFor, stranger, text } from './harness.js'
import { consume, send } from './queues.js'

/** The file in which a server keeps what its consumer has delivered. */
async function consumerFile(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true })
  return join(folder, files.find((file) => file.endsWith(join('nemo-in', 'o.dat')))!)
}

test('a server that waits for messages which its stream no longer has delivers the others', async () => {
  const server = await serverFor()
  const config = {
    stream: { name: 'S', subjects: ['in', 'other'] },
    consumer: { ack_wait: '1s', extend: false },
  }
  const first = await connected({ port: server.port, config } as Parameters<typeof connected>[0])
  // It keeps the beginning of the stream, so that the server does not skip what is missing behind it.
  await send(first, 'other', 'stays')
  for (let n = 0; n < 60; n++) await send(first, 'in', `old ${n}`)
  const { messages } = await consume(first, 'in', 60)
  await until(() => messages.length === 60, 'the messages')
  // An orderly end writes everything. What the server knows now is what it will know after a crash.
  await server.restart()
  const [file, copy] = [await consumerFile(server.folder), join(server.folder, 'copy')]
  await copyFile(file, copy)
  const second = await connected({ port: server.port, config } as Parameters<typeof connected>[0])
  const again = await consume(second, 'in', 60)
  await until(() => again.messages.length === 60, 'the messages again')
  for (const message of again.messages) await message.ack()
  await second.adapter.disconnect()
  await server.restart()
  await server.kill()
  await copyFile(copy, file)
  await server.restart()

  const manager = await jetstreamManager(await stranger(server))
  expect((await manager.consumers.info('S', 'nemo-in')).num_ack_pending).toBe(60)
  const third = await connected({ port: server.port, config } as Parameters<typeof connected>[0])
  const { messages: found } = await consume(third, 'in', 100)
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  for (let n = 0; n < 10; n++) await send(third, 'in', `new ${n}`)
  await until(
    () => new Set(found.map(({ payload }) => text(payload))).size === 10,
    'the new messages',
    30_000,
  )
  expect(found.every(({ payload }) => text(payload).startsWith('new'))).toBe(true)
})
