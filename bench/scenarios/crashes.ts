import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../../src/index.js'
import { waitFor } from '../../test/support/wait-for.js'
import { STUCK_HEARTBEAT_MS } from '../goals.js'
import type { Round } from '../measure/figures.js'
import { ALL_TOPICS } from '../message.js'
import { mqttIntegration, startGateway } from '../sides/gateway.js'
import { NAME } from '../sides/gateway-pubsub.js'
import { NO_DELAY, withFlooder } from './mqtt-rig.js'
import type { Scenario } from './scenario.js'

/** Messages that show whether the subscription lives: one every half millisecond. */
const PULSE = 2_000
const STEADY_MS = 500

/** How long a subscriber hears nothing when its actor dies: from the fault to the first message of the successor. */
function outage(name: string, title: string, fault: Fault, supervision: object): Scenario {
  return {
    name,
    title,
    measures: ['duration'],
    run: ({ rounds }) =>
      withFlooder(async (port, flooder) => {
        const result: Round[] = []
        flooder.tell({ kind: 'rate', perSecond: PULSE })
        // A gateway for each: the second crash of an actor is not restarted at once.
        for (let i = 0; i < rounds; i++)
          result.push({ gateway: { durationMs: await measureOutage(port, fault, supervision) } })
        return result
      }, NO_DELAY),
  }
}

async function measureOutage(port: number, fault: Fault, supervision: object): Promise<number> {
  const gateway = await startGateway({ [NAME]: mqttIntegration(port, { supervision }) })
  try {
    const actor: { life: 'first' | 'over' | 'successor connected' } = { life: 'first' }
    let heard = 0
    let successorHeardAt: number | undefined
    gateway.on('connection:changed', ({ state }) => {
      if (actor.life === 'over' && state === 'connected') actor.life = 'successor connected'
    })
    const subscription = await gateway.pubsub(NAME).subscribe(ALL_TOPICS)
    const consumed = (async () => {
      for await (const _ of subscription) {
        heard++
        if (actor.life === 'successor connected') successorHeardAt ??= performance.now()
      }
    })()
    await waitFor(() => heard > 100, { what: 'the first messages', timeoutMs: 20_000 })
    await sleep(STEADY_MS)
    gateway.on('actor:crashed', () => {
      actor.life = 'over'
    })
    const start = performance.now()
    // The actor may die before it has answered.
    gateway.connections.inject(NAME, fault).catch(() => {})
    await waitFor(() => successorHeardAt, { what: 'a message of the successor', timeoutMs: 20_000 })
    await subscription.close()
    await consumed
    return successorHeardAt! - start
  } finally {
    await gateway.shutdown()
  }
}

export const CRASHES: readonly Scenario[] = [
  outage('crash-cold', 'MQTT actor crashes: until its successor delivers', 'throw', { heartbeat: '1s' }),
  outage('crash-warm', 'The same with a warm spare', 'throw', { heartbeat: '1s', warm_spares: 1 }),
  outage(
    'stuck',
    `MQTT actor spins, heartbeat ${STUCK_HEARTBEAT_MS} ms: until its successor delivers`,
    'spin',
    {
      heartbeat: `${STUCK_HEARTBEAT_MS}ms`,
    },
  ),
]
