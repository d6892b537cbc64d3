import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, onTestFinished, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { rounds } from '../support/rounds.js'
import { waitFor } from '../support/wait-for.js'
import { connected } from './support/kill.js'
import { Numbers } from './support/numbers.js'
import { type Ordeal, survive } from './support/survival.js'

const KILLS = rounds(1, 20)
/** Impatient, so that it goes fast; for the neighbours a machine under this load may well be late. */
const supervision = {
  heartbeat: '300ms',
  max_restarts: 10_000,
  within: '1m',
  backoff: '1ms',
  max_backoff: '20ms',
}

let broker: Mosquitto
let gateway: Gateway
let witness: MqttClient
let ordeal: Ordeal

beforeAll(async () => {
  broker = await startMosquitto({ config: ['log_type information'] })
  const bystander = { type: 'mqtt', format: 'json', endpoint: { address: broker.url } }
  const victim = { ...bystander, supervision, limits: { memory: '96MB' } }
  gateway = await Gateway.start({ integrations: { victim, bystander } })
  await connected(gateway, 'victim', 'bystander')
  // A client of another make, which nobody kills, says what has really arrived.
  witness = await mqtt.connectAsync(broker.url, { protocolVersion: 5, reconnectPeriod: 0 })
  const numbers = new Numbers()
  witness.on('message', (_topic, payload) => numbers.add(JSON.parse(payload.toString()).n))
  await witness.subscribeAsync('numbers', { qos: 1 })
  const own = await gateway.pubsub('victim').subscribe<{ n: number }>('numbers', { qos: 1 })
  ordeal = {
    gateway,
    victim: 'victim',
    neighbours: ['bystander'],
    topic: 'numbers',
    options: { qos: 1 },
    own,
    witness: numbers,
  }
})

afterAll(async () => {
  await gateway?.shutdown()
  witness?.end(true)
  await broker?.stop()
})

describe('an actor of MQTT under load', () => {
  test.each(['throw', 'reject', 'exit', 'leak-objects', 'leak-map', 'leak-buffers', 'spin'] as const)(
    'survives being killed again and again by %s',
    (fault) => survive(ordeal, fault, KILLS),
    600_000,
  )

  test('survives being stuck in native calls; the stuck threads are counted until they are gone', async () => {
    let most = 0
    const look = setInterval(() => {
      most = Math.max(most, gateway.metrics().zombies)
    }, 20)
    onTestFinished(() => clearInterval(look))
    await survive(ordeal, 'block', rounds(1, 3))
    await waitFor(() => most >= 1, { what: 'a zombie to be counted' })
    await waitFor(() => gateway.metrics().zombies === 0, { what: 'the zombies to go', timeoutMs: 30_000 })
  }, 600_000)
})
