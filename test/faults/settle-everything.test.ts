import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { rounds } from '../support/rounds.js'
import { Interleaving, mend, type Step, steps } from './support/interleaving.js'
import { connected } from './support/kill.js'

/** The longest time-out of the configuration, a grace, the shutdown, and a machine that is busy elsewhere. */
const SETTLE_MS = 30_000
const RUNS = rounds(3, 15)

let broker: Mosquitto

beforeAll(async () => {
  broker = await startMosquitto()
})
afterAll(() => broker.stop())

const supervision = {
  heartbeat: '300ms',
  max_restarts: 1_000,
  within: '1m',
  backoff: '1ms',
  max_backoff: '20ms',
  shutdown: '1s',
}

async function everythingSettles(script: readonly Step[]): Promise<void> {
  await mend(broker)
  const common = { supervision, timeout: '2s', reconnect: { delay: '50ms', max_delay: '200ms' } }
  const gateway = await Gateway.start({
    integrations: {
      memory: { type: 'memory', ...common },
      events: { type: 'mqtt', format: 'json', endpoint: { address: broker.url }, ...common },
    },
  })
  await connected(gateway, 'memory', 'events')
  const { integrations } = gateway.metrics()
  const interleaving = new Interleaving(gateway, broker)
  try {
    await interleaving.run(script)
    await interleaving.settle(SETTLE_MS)
  } finally {
    await gateway.shutdown({ timeout: 500 })
  }
  interleaving.settlements.expectTyped()
  for (const name of Object.keys(integrations))
    expect(gateway.metrics().integrations[name]?.depths).toMatchObject({ waiting: 0, posted: 0 })
}

test('whatever is done to a gateway, every promise settles, with a value or one of its own errors', async () => {
  await fc.assert(fc.asyncProperty(steps, everythingSettles), {
    numRuns: RUNS,
    seed: 20_251,
    endOnFailure: true,
  })
}, 300_000)
