import { expect, test } from 'vitest'
import { describeRecord } from '../../src/cli/describe-record.js'
import { EVENTS, type EventName, type GatewayEvent, recordOf } from '../../src/core/events.js'

const integration = 'e'
const reason = 'no \u001b[2J'
const EXAMPLES: { readonly [E in EventName]: readonly [Extract<GatewayEvent, { kind: E }>, string] } = {
  'actor:started': [{ kind: 'actor:started', integration }, 'started'],
  'actor:crashed': [
    { kind: 'actor:crashed', integration, reason, restartInMs: 99.6 },
    'crashed: no  [2J; restarts in 100 ms',
  ],
  'actor:restarted': [{ kind: 'actor:restarted', integration, restarts: 2 }, 'restarted (2 so far)'],
  'actor:failed': [{ kind: 'actor:failed', integration, reason }, 'failed: no  [2J'],
  'connection:changed': [
    { kind: 'connection:changed', integration, state: 'reconnecting', attempt: 3, reason: 'refused' },
    'reconnecting (attempt 3): refused',
  ],
  'breaker:changed': [{ kind: 'breaker:changed', integration, state: 'open' }, 'circuit breaker open'],
  'message:dead': [
    { kind: 'message:dead', integration, queue: 'jobs', reason: 'no', attempts: 5, value: 'hunter2' },
    'dead-lettered a message of "jobs" after 5 attempts: no',
  ],
  'subscription:gap': [
    { kind: 'subscription:gap', integration, topic: 'a/#', lost: 0, reason: 'the session is gone' },
    'may have lost messages of "a/#": the session is gone',
  ],
  'server:refused': [
    { kind: 'server:refused', server: 's', method: 'm', reason, address: '10.0.0.1', count: 1 },
    'server "s" refused a request of "m" from 10.0.0.1: no  [2J',
  ],
  'config:reloaded': [
    { kind: 'config:reloaded', result: 'refused', changed: 0, tookMs: 3, reason },
    'the reload was refused, and the earlier configuration runs on: no  [2J',
  ],
  'data:failed': [{ kind: 'data:failed', data: 'd', error: 'rpc', reason: 'no' }, 'data "d" failed: no'],
  'script:reloaded': [{ kind: 'script:reloaded', script: 's' }, 'script "s" loaded again'],
  'script:failed': [
    { kind: 'script:failed', script: 's', reason: 'no' },
    'script "s" cannot be loaded again: no',
  ],
  'script:crashed': [
    { kind: 'script:crashed', script: 's', reason: 'no' },
    'a thread of the script "s" ended: no',
  ],
  'action:failed': [
    { kind: 'action:failed', action: 'a', error: 'rpc', reason: 'no' },
    'action "a" failed: no',
  ],
}

test.each(Object.keys(EVENTS) as EventName[])('%s is said in words, without control characters', (name) => {
  const [event, words] = EXAMPLES[name]
  expect(describeRecord(recordOf(event))).toBe(words)
})

test('any other line keeps its message and its fields', () => {
  const record = { level: 'info', message: 'm', integration, n: 1, text: 'a\nb' } as const
  expect(describeRecord(record)).toBe('m n=1 text=a b')
})
