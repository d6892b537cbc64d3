import { expect, test } from 'vitest'
import type { GatewayReport } from '../../src/core/events.js'
import type { ConnectionState } from '../../src/core/status.js'
import { ConnectionEvents } from '../../src/dataflow/connection-events.js'
import { FlowEvents } from '../../src/dataflow/events.js'

function events() {
  const flow = new FlowEvents()
  const heard: string[] = []
  for (const state of ['connected', 'disconnected', 'failed'] as const)
    flow.on({ kind: 'integration', name: 'a', state }, ({ trigger }) => {
      const { integration, reason, timestamp } = trigger as Record<string, unknown>
      heard.push(`${integration} ${state} ${reason} ${timestamp}`)
    })
  for (const state of ['opened', 'closed'] as const)
    flow.on({ kind: 'breaker', name: 'a', state }, () => heard.push(state))
  const made = new ConnectionEvents(flow, () => 7)
  const connection = (state: ConnectionState, reason?: string): GatewayReport => ({
    kind: 'connection:changed',
    integration: 'a',
    state,
    attempt: 0,
    ...(reason !== undefined && { reason }),
  })
  return { heard, observe: (report: GatewayReport) => made.observe(report), connection }
}

test('a connection that was made is lost once, whatever it goes through', () => {
  const { heard, observe, connection } = events()
  expect(observe(connection('connecting'))).toBe(undefined)
  expect(observe(connection('reconnecting', 'refused'))).toBe(undefined)
  expect(observe(connection('connected'))).toBe('a')
  expect(observe(connection('connected'))).toBe(undefined)
  observe(connection('disconnected', 'gone'))
  observe(connection('reconnecting', 'refused'))
  expect(observe(connection('connected'))).toBe('a')
  observe({ kind: 'actor:crashed', integration: 'a', reason: 'boom', restartInMs: 0 })
  observe({ kind: 'actor:crashed', integration: 'a', reason: 'boom', restartInMs: 0 })
  observe(connection('failed', 'no'))
  expect(heard).toEqual([
    'a connected null 7',
    'a disconnected gone 7',
    'a connected null 7',
    'a disconnected boom 7',
    'a failed no 7',
  ])
})

test('a breaker opens and closes; half open is neither', () => {
  const { heard, observe } = events()
  for (const state of ['open', 'half-open', 'closed'] as const)
    observe({ kind: 'breaker:changed', integration: 'a', state })
  expect(heard).toEqual(['opened', 'closed'])
})
