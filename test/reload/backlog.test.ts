import mqtt from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ConfigObject, Gateway } from '../../src/index.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { waitFor } from '../support/wait-for.js'

const COUNT = 300

let mosquitto: Mosquitto
beforeAll(async () => {
  // The gateway may not publish, so it cannot give messages back to a queue.
  mosquitto = await startMosquitto({
    users: { nemo: 'secret', other: 'secret' },
    acl: ['user nemo', 'topic read #', 'user other', 'topic readwrite #'],
  })
}, 60_000)
afterAll(() => mosquitto?.stop())

/** @param clientId makes the client id of a round; a generated one if absent */
function configured(round: number, clientId?: (round: number) => string): ConfigObject {
  return {
    integrations: {
      jobs: {
        type: 'mqtt',
        format: 'json',
        endpoint: { address: '127.0.0.1', port: mosquitto.port },
        auth: { type: 'basic', username: 'nemo', password: 'secret' },
        timeout: '2s',
        config: {
          protocol_version: 5,
          receive_maximum: 20,
          ...(clientId && { client_id: clientId(round) }),
        },
        mailbox: { messages: 1_000 + round },
        supervision: { shutdown: '1s', ready_timeout: '1m', heartbeat: '20s' },
      },
    },
  }
}

test.each([
  { name: 'a generated client id' },
  { name: 'one client id', clientId: () => 'one' },
  { name: 'client ids that change', clientId: (round: number) => `id-${round}` },
])(
  'MQTT, $name: messages of a queue that its connection cannot give back reach the successors',
  async (each) => {
    const { clientId } = each
    const gateway = await Gateway.start(configured(0, clientId))
    const other = await mqtt.connectAsync(`mqtt://127.0.0.1:${mosquitto.port}`, {
      protocolVersion: 5,
      username: 'other',
      password: 'secret',
    })
    try {
      const queue = `backlog of ${each.name}`
      await gateway.connections.get('jobs', { timeout: '20s' })
      const seen = new Set<number>()
      let pauseMs = 20
      const consumer = gateway.queue('jobs').consume(queue)
      const consuming = consumer.each(async ({ value }) => {
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
        seen.add(value as number)
      })
      const publish = (n: number) => other.publishAsync(queue, `${n}`, { qos: 1 })
      await waitFor(() => publish(-1).then(() => seen.size > 0), { what: 'the consumer' })
      await Promise.all(Array.from({ length: COUNT }, (_, n) => publish(n)))
      for (let round = 1; round <= 2; round++) await gateway.reload(configured(round, clientId))
      pauseMs = 0
      await waitFor(() => seen.size > COUNT, { what: 'all messages', timeoutMs: 30_000 }).catch(() => {})
      const lost = Array.from({ length: COUNT }, (_, n) => n).filter((n) => !seen.has(n))
      expect(lost).toEqual([])
      await consumer.close()
      await consuming
    } finally {
      await other.endAsync(true)
      await gateway.shutdown({ timeout: '2s' })
    }
  },
  120_000,
)
