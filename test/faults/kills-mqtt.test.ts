import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe } from 'vitest'
import { Gateway } from '../../src/index.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { connected } from './support/kill.js'
import { survivesKills } from './support/kills.js'
import { Numbers } from './support/numbers.js'
import { IMPATIENT } from './support/supervision.js'
import type { Ordeal } from './support/survival.js'

let broker: Mosquitto
let gateway: Gateway
let witness: MqttClient
let ordeal: Ordeal

beforeAll(async () => {
  broker = await startMosquitto({ config: ['log_type information'] })
  const bystander = { type: 'mqtt', format: 'json', endpoint: { address: broker.url } }
  const victim = { ...bystander, supervision: IMPATIENT, limits: { memory: '96MB' } }
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

describe('an actor of MQTT under load', () => survivesKills(() => ordeal))
