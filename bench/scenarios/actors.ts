import { Gateway } from '../../src/index.js'
import { freePort } from '../../test/support/server-process.js'
import type { Figures, Round } from '../measure/figures.js'
import { measureIdle } from '../measure/window.js'
import { mqttIntegration, startGateway } from '../sides/gateway.js'
import { withBroker } from './mqtt-rig.js'
import type { Scenario } from './scenario.js'

const MEASURED_ACTORS = 10
const MANY = 50
const MEGABYTE = 1024 * 1024

const actorStart: Scenario = {
  name: 'actor-start',
  title: 'Actor, spawn to ready, MQTT library loaded, no network',
  measures: ['duration'],
  async run({ rounds }) {
    // Nobody listens there: the actor is ready, its connection is made in the background.
    const port = await freePort()
    const result: Round[] = []
    for (let i = 0; i < rounds * 2; i++) {
      const start = performance.now()
      const gateway = await Gateway.start({ integrations: { a: mqttIntegration(port) } })
      result.push({ gateway: { durationMs: performance.now() - start } })
      await gateway.shutdown()
    }
    return result
  },
}

const actorMemory: Scenario = {
  name: 'actor-memory',
  title: 'Actor, resident memory, MQTT library loaded, connected',
  measures: ['memory'],
  run: () =>
    withBroker(async ({ port }) => {
      // Memory that an actor gives back is not given back to the system: only the first ones can be measured.
      const one = await startGateway({ first: mqttIntegration(port) })
      const before = resident()
      const more = await startGateway(integrations(MEASURED_ACTORS, port))
      const after = resident()
      await Promise.all([one.shutdown(), more.shutdown()])
      return [{ gateway: { residentMb: (after - before) / MEASURED_ACTORS / MEGABYTE } }]
    }),
}

const fiftyIntegrations: Scenario = {
  name: 'fifty-integrations',
  title: `${MANY} MQTT integrations, all connected`,
  measures: ['duration', 'idle-cpu'],
  run: (plan) =>
    withBroker(async ({ port }) => {
      const result: Round[] = []
      for (let i = 0; i < Math.min(3, plan.rounds); i++) {
        const start = performance.now()
        const gateway = await startGateway(integrations(MANY, port))
        const durationMs = performance.now() - start
        await new Promise((resolve) => setTimeout(resolve, plan.firstWarmUpMs))
        const idle: Figures = await measureIdle(plan.windowMs * 2)
        await gateway.shutdown()
        result.push({ gateway: { durationMs, ...idle } })
      }
      return result
    }),
}

function integrations(count: number, port: number) {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`i${i}`, mqttIntegration(port)]))
}

function resident(): number {
  ;(globalThis as { gc?: () => void }).gc?.()
  return process.memoryUsage.rss()
}

export const ACTORS: readonly Scenario[] = [actorStart, actorMemory, fiftyIntegrations]
