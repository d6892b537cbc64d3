import { expect, test } from 'vitest'
import { describeRecord } from '../../src/cli/describe-record.js'

test('a gap in a subscription is told in words, with the number of messages where it is known', () => {
  const gap = { level: 'warn', message: 'subscription:gap', topic: 'a/#', reason: 'it was away' } as const
  expect(describeRecord({ ...gap, lost: 3 })).toBe('lost 3 messages of "a/#": it was away')
  expect(describeRecord({ ...gap, lost: 0 })).toBe('may have lost messages of "a/#": it was away')
})
