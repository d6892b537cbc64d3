import { expect, test } from 'vitest'
import { type ConfigObject, Gateway } from '../../src/index.js'
import { waitFor } from '../support/wait-for.js'
import { mqttPeer, natsPeer, redisPeer } from './peers.js'

const COUNT = 40

test.each([
  { name: 'MQTT', make: mqttPeer },
  { name: 'NATS', make: natsPeer },
  { name: 'Redis', make: redisPeer },
  { name: 'Redis with a named consumer', make: redisPeer, config: { consumer: 'one' } },
])(
  '$name: what an integration had of a queue goes to the others when it is removed',
  async (each) => {
    const peer = await each.make()
    const { config = {}, ...rest } = peer.integration as { config?: object }
    const two = { two: rest }
    const one = { one: { ...rest, config: { ...config, ...each.config } } }
    const gateway = await Gateway.start({ integrations: { ...one, ...two } } as unknown as ConfigObject)
    try {
      let taken = 0
      const never = async () => {
        taken++
        await new Promise(() => {})
      }
      void gateway
        .queue('one')
        .consume('jobs', { concurrency: 10 })
        .each(never)
        .catch(() => {})
      // Over MQTT and with a new stream somebody must consume before anything is sent.
      await waitFor(() => gateway.connections.status('one').state === 'connected', { what: 'the connection' })
      let n = -1
      await waitFor(() => peer.send('jobs', n--).then(() => taken > 0), { what: 'the consumer' })
      await Promise.all(Array.from({ length: COUNT }, (_, n) => peer.send('jobs', n)))
      await waitFor(() => taken >= 10, { what: 'the handlers' })
      const seen = new Set<unknown>()
      void gateway
        .queue('two')
        .consume('jobs', { concurrency: 10 })
        .each(({ value }) => void seen.add(value))
        .catch(() => {})
      await gateway.reload({ integrations: two } as unknown as ConfigObject)
      await Promise.all(Array.from({ length: COUNT }, (_, n) => peer.send('jobs', COUNT + n)))
      const missing = () => Array.from({ length: 2 * COUNT }, (_, n) => n).filter((n) => !seen.has(n))
      await waitFor(() => missing().length === 0, { what: () => `${missing()}` }).catch(() => {})
      expect(missing()).toEqual([])
    } finally {
      await gateway.shutdown({ timeout: '100ms' })
      await peer.stop()
    }
  },
  60_000,
)
