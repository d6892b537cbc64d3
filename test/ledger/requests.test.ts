import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Overflow } from '../../src/core/overflow.js'
import { VERBS, type Verb } from '../../src/mailbox/protocol.js'
import { crashOutcome } from '../../src/supervisor/crash-outcome.js'
import { Ledger } from '../../src/supervisor/ledger.js'
import { RequestEntry } from '../../src/supervisor/request-entry.js'
import { RequestLanes } from '../../src/supervisor/request-lanes.js'

function entry(verb: Verb = 'publish', bytes = 1, idempotent = false): RequestEntry {
  const options = idempotent ? { idempotent } : undefined
  return new RequestEntry(
    0,
    verb,
    't',
    undefined,
    options,
    0,
    Number.POSITIVE_INFINITY,
    bytes,
    () => {},
    () => {},
  )
}

describe('what a crash does to a request', () => {
  const table: Readonly<Record<Verb, readonly [string, string]>> = {
    call: ['reject', 'hand-over'],
    notify: ['reject', 'hand-over'],
    batch: ['reject', 'hand-over'],
    publish: ['hand-over', 'hand-over'],
    enqueue: ['hand-over', 'hand-over'],
    receive: ['hand-over', 'hand-over'],
    subscribe: ['hand-over', 'hand-over'],
    consume: ['hand-over', 'hand-over'],
    serve: ['hand-over', 'hand-over'],
    ack: ['answer-false', 'answer-false'],
    nack: ['answer-false', 'answer-false'],
    answer: ['answer-false', 'answer-false'],
    unsubscribe: ['answer-done', 'answer-done'],
    cancel: ['answer-done', 'answer-done'],
    undelivered: ['answer-false', 'answer-false'],
  }

  test.each(VERBS)('%s', (verb) => {
    expect([crashOutcome(entry(verb), false, 3), crashOutcome(entry(verb, 1, true), false, 3)]).toEqual(
      table[verb],
    )
  })

  test('one that was in hand at its third death is set aside, and not before', () => {
    const poison = entry('publish')
    expect(crashOutcome(poison, true, 3)).toBe('hand-over')
    poison.deaths = 2
    expect(crashOutcome(poison, false, 3)).toBe('hand-over')
    expect(crashOutcome(poison, true, 3)).toBe('set-aside')
    expect(crashOutcome(entry('publish'), true, 1)).toBe('set-aside')
  })
})

describe('ledger', () => {
  test('does what a map does, also when its ring has come round', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ op: fc.constant('enter' as const), bytes: fc.nat(50) }) },
      { weight: 3, arbitrary: fc.record({ op: fc.constant('take' as const), at: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant('far' as const) }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ledger = new Ledger()
        const map = new Map<number, RequestEntry>()
        for (const each of steps) {
          if (each.op === 'enter') {
            const one = entry('publish', each.bytes)
            ledger.enter(one)
            map.set(one.seq, one)
          } else if (each.op === 'take') {
            const seq = each.at % Math.max(1, ledger.nextSeq)
            expect(ledger.take(seq)).toBe(map.get(seq))
            map.delete(seq)
          } else {
            // Once round the ring, with nothing left open on the way.
            for (let i = 0; i < 32_768; i++) {
              const passing = entry('publish', 0)
              ledger.enter(passing)
              ledger.take(passing.seq)
            }
          }
        }
        const bytes = [...map.values()].reduce((sum, one) => sum + one.bytes, 0)
        expect([ledger.size, ledger.bytes]).toEqual([map.size, bytes])
        expect(ledger.entries()).toEqual([...map.values()].sort((a, b) => a.seq - b.seq))
      }),
      { numRuns: 30 },
    )
  })

  test('begins anew when it is cleared', () => {
    const ledger = new Ledger()
    ledger.enter(entry())
    ledger.clear()
    expect([ledger.size, ledger.bytes, ledger.nextSeq, ledger.entries()]).toEqual([0, 0, 0, []])
  })
})

describe('lanes', () => {
  const NONE = { size: 0, bytes: 0 }
  function lanes(overflow: Overflow, messages = 3, bytes = 1_000) {
    return new RequestLanes({ messages, bytes }, overflow)
  }
  function fill(into: RequestLanes, count: number, bytes = 1): RequestEntry[] {
    const entries = Array.from({ length: count }, () => entry('publish', bytes))
    for (const one of entries) into.push(one)
    return entries
  }

  test.each(['reject', 'drop-newest'] as const)('%s: full is full', (overflow) => {
    const queue = lanes(overflow)
    fill(queue, 2)
    expect(queue.room(NONE)).toEqual({ kind: 'room' })
    fill(queue, 1)
    expect(queue.room(NONE)).toEqual({ kind: 'full' })
  })

  test('what was handed over counts, in messages and in bytes', () => {
    const queue = lanes('reject')
    expect(queue.room({ size: 3, bytes: 0 })).toEqual({ kind: 'full' })
    expect(queue.room({ size: 0, bytes: 1_000 })).toEqual({ kind: 'full' })
    expect(queue.room({ size: 2, bytes: 999 })).toEqual({ kind: 'room' })
  })

  test('block: callers may stand in line as long as the mailbox, and no longer', () => {
    const queue = lanes('block')
    fill(queue, 5)
    expect(queue.room(NONE)).toEqual({ kind: 'room' })
    fill(queue, 1)
    expect(queue.room(NONE)).toEqual({ kind: 'full' })
  })

  test('drop-oldest: the oldest makes room, and the one that waits longest is the oldest that waits', () => {
    const queue = lanes('drop-oldest')
    const [first, second] = fill(queue, 3)
    queue.settled(first!)
    first!.state = 'settled'
    fill(queue, 1)
    expect(queue.room(NONE)).toEqual({ kind: 'evict' })
    expect(queue.oldest).toBe(second)
    expect(lanes('drop-oldest').room({ size: 3, bytes: 0 })).toEqual({ kind: 'evict' })
  })

  test('system requests go first, need no credit and take no room', () => {
    const queue = lanes('reject')
    const users = fill(queue, 3)
    const ack = entry('ack')
    queue.push(ack)
    expect(queue.waiting).toBe(3)
    expect(queue.take(10, 1)).toEqual([ack, users[0]])
    expect(queue.take(10, 0)).toEqual([])
    expect(queue.take(1, 5)).toEqual([users[1]])
  })

  test('what is put back goes before what waits, in its order', () => {
    const queue = lanes('reject', 10)
    const waiting = fill(queue, 2)
    const back = [entry(), entry('subscribe'), entry()]
    queue.putBack(back)
    expect(queue.take(10, 10)).toEqual([back[1], back[0], back[2], ...waiting])
    expect(queue.waiting).toBe(0)
  })

  test('settled ones are passed over, and do not pile up', () => {
    const queue = lanes('reject', 100_000)
    const entries = fill(queue, 5_000)
    for (const one of entries.slice(1)) {
      queue.settled(one)
      one.state = 'settled'
    }
    expect(queue.waiting).toBe(1)
    expect([...queue]).toEqual([entries[0]])
    expect(queue.take(10, 10)).toEqual([entries[0]])
    expect(queue.isEmpty || queue.take(10_000, 10_000).length === 0).toBe(true)
  })
})
