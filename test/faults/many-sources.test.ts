import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startMosquitto } from '../support/mosquitto.js'
import { startNatsServer } from '../support/nats-server.js'
import { startRedis } from '../support/redis-server.js'

test.each([
  ['mqtt', startMosquitto],
  ['nats', startNatsServer],
  ['redis', startRedis],
] as const)(
  'many queues and subscriptions of one %s integration make Node warn of nothing',
  async (type, start) => {
    await using broker = await start()
    const program = new URL('../fixtures/many-sources.js', import.meta.url).pathname
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      program,
      type,
      `${type}://127.0.0.1:${broker.port}`,
    ])
    expect(stdout).toBe('done\n')
    expect(stderr).toBe('')
  },
)
