import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../../src/index.js'
import { waitFor } from '../../test/support/wait-for.js'
import { STUCK_HEARTBEAT_MS } from '../goals.js'
import type { Round } from '../measure/figures.js'
import { outageEnd } from '../measure/outage.js'
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
    const arrivals: number[] = []
    const subscription = await gateway.pubsub(NAME).subscribe(ALL_TOPICS)
    const consumed = (async () => {
      for await (const _ of subscription) arrivals.push(performance.now())
    })()
    const heard = (more: number) => {
      const enough = arrivals.length + more
      return waitFor(() => arrivals.length >= enough, { what: `${more} messages`, timeoutMs: 20_000 })
    }
    await heard(100)
    await sleep(STEADY_MS)
    const start = performance.now()
    await gateway.connections.inject(NAME, fault).catch(() => {})
    await waitFor(() => gateway.connections.status(NAME).restarts > 0, {
      what: 'a restart',
      timeoutMs: 20_000,
    })
    await heard(100)
    await sleep(STEADY_MS)
    await subscription.close()
    await consumed
    return outageEnd(arrivals, start) - start
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
