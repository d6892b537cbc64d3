import { expect, expectTypeOf, test } from 'vitest'
import type { EventDescription } from '../../src/core/event-description.js'
import { type DeadMessage, EVENTS, type EventValues, LISTENED, recordOf } from '../../src/core/events.js'

test('the types of events come from their descriptions', () => {
  expectTypeOf<EventValues<'actor:crashed'>>().toEqualTypeOf<{
    readonly integration: string
    readonly reason: string
    readonly restartInMs: number
  }>()
  expectTypeOf<DeadMessage>().toEqualTypeOf<{
    readonly integration: string
    readonly route?: string
    readonly queue: string
    readonly reason: string
    readonly attempts: number
    readonly value?: unknown
    readonly bytes?: Uint8Array
  }>()
  expectTypeOf<EventValues<'connection:changed'>['state']>().toEqualTypeOf<
    'disconnected' | 'connecting' | 'connected' | 'reconnecting' | 'failed'
  >()
})

test('every event and every field says what it means', () => {
  for (const [name, { when, fields }] of Object.entries<EventDescription>(EVENTS as never)) {
    expect(when, name).toMatch(/\.$/)
    for (const [field, { doc }] of Object.entries(fields)) expect(doc, `${name} ${field}`).toMatch(/\.$/)
  }
  expect(LISTENED).toContain('log')
})

test('the line of an event has its level, its name and its fields, without what belongs to the application', () => {
  const dead = {
    integration: 'e',
    queue: 'jobs',
    reason: 'no',
    attempts: 3,
    value: 'hunter2',
    bytes: Buffer.of(1),
  }
  expect(recordOf({ kind: 'message:dead', ...dead })).toEqual({
    level: 'warn',
    message: 'message:dead',
    integration: 'e',
    queue: 'jobs',
    reason: 'no',
    attempts: 3,
  })
})

test.each([
  ['connected', undefined, 'info'],
  ['reconnecting', undefined, 'info'],
  ['reconnecting', 'refused', 'warn'],
  ['failed', undefined, 'warn'],
] as const)('a connection that is %s (%s) is logged as %s', (state, reason, level) => {
  const event = { kind: 'connection:changed', integration: 'e', state, attempt: 0 } as const
  expect(recordOf({ ...event, ...(reason !== undefined && { reason }) }).level).toBe(level)
})
