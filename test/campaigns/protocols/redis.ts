import { Redis } from 'ioredis'
import { startRedis } from '../../support/redis-server.js'
import type { Protocol } from './protocol.js'

const GROUP = 'nemo-workers'

export async function redisProtocol(): Promise<Protocol> {
  const server = await startRedis({ config: ['appendonly yes', 'appendfsync always'] })
  const plain = new Redis({
    port: server.port,
    maxRetriesPerRequest: null,
    retryStrategy: () => 50,
    autoResendUnfulfilledCommands: true,
  })
  plain.on('error', () => {})
  let dead = ''
  return {
    name: 'redis',
    integration: {
      type: 'redis',
      format: 'json',
      endpoint: { address: '127.0.0.1', port: server.port },
      config: { claim_after: '3s', block: '100ms' },
    },
    attempts: true,
    lapses: 0,
    backWithinMs: 3_000,
    restartBroker: () => server.restart(),
    async open(queue, deadLetters) {
      dead = deadLetters
      await plain.xgroup('CREATE', queue, GROUP, '0', 'MKSTREAM').catch(() => {})
    },
    async produce(queue, n) {
      await plain.xadd(queue, '*', 'payload', String(n))
    },
    async left(queue) {
      const [pending] = (await plain.xpending(queue, GROUP)) as [number]
      // Name, consumers, pending, last delivered id, entries read, lag; the lag is null where Redis cannot tell.
      const groups = (await plain.xinfo('GROUPS', queue)) as unknown[][]
      const fields = groups.find((group) => group[1] === GROUP) ?? []
      const last = String(fields[fields.indexOf('last-delivered-id') + 1] ?? '0-0')
      const waiting = await plain.xrange(queue, `(${last}`, '+')
      return pending + waiting.length
    },
    async deadLetters() {
      const entries = await plain.xrange(dead, '-', '+')
      return entries.map(([, fields]) => Number(fields[fields.indexOf('payload') + 1]))
    },
    async stop() {
      plain.disconnect()
      await server.stop()
    },
  }
}
