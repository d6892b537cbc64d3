import assert from 'node:assert/strict'
import type { Capability } from '../../../core/capability.js'
import type { IntegrationError } from '../../../core/errors/integration-error.js'
import type { Gateway } from '../../../gateway.js'
import type { ComplianceCase } from '../case.js'
import { eventually, failureOf, soon } from '../waiting.js'

const ATTEMPTS: readonly (readonly [Capability, (gateway: Gateway) => Promise<unknown>])[] = [
  ['call', (gateway) => gateway.rpc('subject').call('method', {}, { timeout: 500 })],
  ['publish', (gateway) => gateway.pubsub('subject').publish('topic', 1, { timeout: 500 })],
  ['enqueue', (gateway) => gateway.queue('subject').send('queue', 1, { timeout: 500 })],
  ['subscribe', (gateway) => gateway.pubsub('subject').subscribe('topic', { timeout: 500 })],
]

/**
 * Cases for the reasons of failures, which errors must state, and for steps of the wall clock, which must have no
 * effect.
 */
export const reasonCases: readonly ComplianceCase[] = [
  {
    name: 'the errors and the status state why it does not connect',
    needs: ['unreachable'],
    async run(context) {
      const gateway = await context.unreachable()
      await eventually(
        () => 'lastError' in gateway.connections.status('subject'),
        'the status states why it does not connect',
      )
      for (const [operation, attempt] of ATTEMPTS) {
        if (!context.features[operation]) continue
        const error = (await failureOf(attempt(gateway), operation)) as IntegrationError | undefined
        assert.ok(error !== undefined, `${operation} fails`)
        assert.ok(error.kind === 'timeout' || error.kind === 'connection', `${operation}: ${error.kind}`)
        assert.match(error.message, /ECONNREFUSED|refused|reach/i, `${operation} says why`)
      }
    },
  },
  {
    name: 'a step of the wall clock ends nothing, and keeps nothing waiting',
    needs: ['call'],
    async run(context) {
      await context.serve()
      const wall: { now(): number } = Date
      const { now } = wall
      const slow = (ms: number, timeout: number) =>
        context.rpc().call(context.method('slow'), { ms, value: 'done' }, { timeout })
      try {
        const forward = slow(300, 20_000)
        wall.now = () => now() + 3_600_000
        assert.equal(await soon(forward, 'a call over a step forward'), 'done')
        const back = slow(20_000, 300).then(
          () => 'done',
          () => 'timed out',
        )
        wall.now = () => now() - 3_600_000
        assert.equal(await soon(back, 'a call over a step back'), 'timed out')
        if (!context.features.dequeue) return
        const receive = context.queue().receive(context.name('nothing'), { timeout: 200 })
        wall.now = () => now() - 7_200_000
        assert.equal(await soon(receive, 'a receive over a step back'), undefined)
      } finally {
        wall.now = now
      }
    },
  },
]
