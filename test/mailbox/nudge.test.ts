import { expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { Channel, openChannel } from '../../src/mailbox/channel.js'
import { Turn } from '../../src/mailbox/turn.js'
import { waitFor } from '../support/wait-for.js'

test('a nudge that comes while the other side is awake is not slept over', async () => {
  const ends = openChannel()
  const host = new Channel<string, string>(ends.host, new Turn(systemClock, 4), () => {})
  let looksAfterNudge = 0
  let nudged = false
  const actor = new Channel<string, string>(ends.actor, new Turn(systemClock, 4), () => {
    // It is awake, in the middle of its work, and has looked at shared memory already.
    host.nudge()
    nudged = true
  })
  actor.onWake = () => {
    if (nudged) looksAfterNudge++
  }
  try {
    host.post('work')
    await waitFor(() => looksAfterNudge > 0, {
      what: 'a look at shared memory after the nudge',
      timeoutMs: 3_000,
    })
    expect(nudged).toBe(true)
  } finally {
    host.close()
    actor.close()
  }
})

test('who has been told something goes before the sleep, and so does what it sends at its next tick', async () => {
  const { host: hostEnd, actor: actorEnd } = openChannel()
  const order: string[] = []
  const host = new Channel<string, string>(hostEnd, new Turn(systemClock, 4), () => {})
  const actor = new Channel<string, string>(actorEnd, new Turn(systemClock, 4), () => {
    order.push('told')
    Promise.resolve().then(() => {
      order.push('acts')
      process.nextTick(() => order.push('sends'))
    })
  })
  actor.onWake = () => order.push('looks')
  try {
    await waitFor(() => order.length === 2, { what: 'its first sleep' })
    order.length = 0
    host.post('work')
    await waitFor(() => order.filter((what) => what === 'looks').length === 2, {
      what: 'the look before the sleep',
    })
    expect(order).toEqual(['looks', 'told', 'acts', 'sends', 'looks'])
  } finally {
    host.close()
    actor.close()
  }
})

test('a side that watches is woken when the other one takes a batch', async () => {
  const { host: hostEnd, actor: actorEnd } = openChannel()
  let looks = 0
  const actor = new Channel<string, string>(actorEnd, new Turn(systemClock, 4), () => {})
  actor.onWake = () => looks++
  await waitFor(() => looks === 2, { what: 'its first sleep' })
  actor.post('first')
  actor.watchTaken()
  expect([actor.posted, actor.taken]).toEqual([1, 0])
  const host = new Channel<string, string>(hostEnd, new Turn(systemClock, 4), () => {})
  try {
    await waitFor(() => looks > 2, { what: 'the wake-up' })
    expect(actor.taken).toBe(1)
    await waitFor(() => looks === 4, { what: 'its second sleep' })
    actor.post('second')
    await waitFor(() => actor.taken === 2, { what: 'the second batch is taken' })
    expect(looks).toBe(4)
  } finally {
    host.close()
    actor.close()
  }
})
