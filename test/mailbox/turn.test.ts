import { describe, expect, test } from 'vitest'
import { Turn } from '../../src/mailbox/turn.js'
import { ManualClock } from '../../src/testing/index.js'

/** A clock whose time goes on within a turn as well. */
function workingClock() {
  const clock = new ManualClock()
  return { clock, work: (ms: number) => clock.stall(ms) }
}

describe('turn', () => {
  test('is spent after its budget, and whoever is woken then begins a new share', () => {
    const { clock, work } = workingClock()
    const turn = new Turn(clock, 4)
    turn.begin()
    expect(turn.spent()).toBe(false)
    work(3)
    expect(turn.spent()).toBe(false)
    work(1)
    expect(turn.spent()).toBe(true)
    turn.begin()
    expect(turn.spent()).toBe(false)
  })

  test('is one share for all: a second one who is woken within it gets no more', () => {
    const { clock, work } = workingClock()
    const turn = new Turn(clock, 4)
    turn.begin()
    work(3)
    turn.begin()
    work(1)
    expect(turn.spent()).toBe(true)
  })

  test('gives no new share while others wait for theirs', async () => {
    const { clock, work } = workingClock()
    const turn = new Turn(clock, 4)
    turn.begin()
    work(5)
    turn.later(() => {})
    turn.begin()
    expect(turn.spent()).toBe(true)
    await clock.turn()
    expect(turn.spent()).toBe(false)
  })

  test('what waits runs in its order, over as many turns as it takes', async () => {
    const { clock, work } = workingClock()
    const turn = new Turn(clock, 4)
    const ran: string[] = []
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      turn.later(() => {
        ran.push(name)
        work(2)
      })
    expect(ran).toEqual([])
    const perTurn: string[][] = []
    while (clock.waitingForTurn > 0) {
      ran.splice(0)
      await clock.turn()
      if (ran.length > 0) perTurn.push([...ran])
    }
    expect(perTurn).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  })

  test('what is asked for meanwhile goes behind what waits', async () => {
    const { clock, work } = workingClock()
    const turn = new Turn(clock, 1)
    const ran: string[] = []
    turn.later(() => {
      ran.push('a')
      work(5)
      turn.later(() => ran.push('late'))
    })
    turn.later(() => ran.push('b'))
    for (let i = 0; i < 6; i++) await clock.turn()
    expect(ran).toEqual(['a', 'b', 'late'])
  })
})
