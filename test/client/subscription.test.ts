import { describe, expect, test } from 'vitest'
import { Subscription } from '../../src/client/subscription.js'
import { systemClock } from '../../src/core/clock.js'
import { MailboxFullError } from '../../src/core/errors/limits.js'
import type { IntegrationMail, OpenSource, SourceHandler } from '../../src/mailbox/integration-mail.js'
import { NameReader } from '../../src/mailbox/names.js'
import type { DeliveryRun } from '../../src/mailbox/protocol.js'
import { Turn } from '../../src/mailbox/turn.js'
import { Work } from '../../src/mailbox/work.js'
import { settled } from '../../src/testing/index.js'

const names = new NameReader()
names.learn({ first: 0, added: ['t'] })

function run(...values: number[]): DeliveryRun {
  const payload = { kind: 'values', values } as const
  return { source: 1, count: values.length, topics: 0, payload, bytes: values.length, extras: undefined }
}

const wanted = {
  kind: 'topic',
  window: { messages: 10, bytes: 100 },
  decode: 'value',
  overflow: 'block',
} as const

function rig() {
  const credited: number[] = []
  const handlers: SourceHandler[] = []
  let closed = 0
  let grant: (source: OpenSource) => void = () => {}
  const mail = {
    open: (_verb, _pattern, _wanted, handler) => {
      handlers.push(handler)
      return new Promise<OpenSource>((resolve) => {
        grant = resolve
      })
    },
  } as Pick<IntegrationMail, 'open'> as IntegrationMail
  const work = new Work(systemClock)
  const subscription = new Subscription<number>('t', new Turn(systemClock, 4), undefined, work)
  const opening = subscription.opening(mail, wanted, undefined)
  const source: OpenSource = {
    id: 1,
    credit: (messages) => void credited.push(messages),
    close: async () => {
      closed++
    },
  }
  return {
    work,
    subscription,
    opening,
    credited,
    grant: () => grant(source),
    handler: handlers[0]!,
    closed: () => closed,
  }
}

describe('a subscription', () => {
  test('gives credit for a run when its last message has been consumed', async () => {
    const { subscription, opening, credited, grant, handler } = rig()
    grant()
    await opening
    handler.receive(run(1, 2), names, 1)
    expect((await subscription.recv())!.value).toBe(1)
    expect((await subscription.recv())!.value).toBe(2)
    expect(credited).toEqual([])
    void subscription.recv()
    expect(credited).toEqual([2])
  })

  test('what was consumed before the grant is credited with the grant', async () => {
    const { subscription, opening, credited, grant, handler } = rig()
    handler.receive(run(1), names, 1)
    expect((await subscription.recv())!.value).toBe(1)
    void subscription.recv()
    expect(credited).toEqual([])
    grant()
    await opening
    await settled()
    expect(credited).toEqual([1])
  })

  test('messages of a dead actor are kept, and give its successor no credit', async () => {
    const { subscription, opening, credited, grant, handler } = rig()
    grant()
    await opening
    handler.receive(run(1), names, 1)
    handler.restarted()
    handler.receive(run(2, 3), names, 2)
    for (const value of [1, 2, 3]) expect((await subscription.recv())!.value).toBe(value)
    void subscription.recv()
    expect(credited).toEqual([2])
  })

  test('is over when it has ended and its messages are read, also if it is closed before it is granted', async () => {
    const { subscription, opening, grant, handler } = rig()
    handler.receive(run(1), names, 1)
    handler.ended(new MailboxFullError('too slow'))
    expect(subscription.isOver).toBe(false)
    await subscription.recv()
    expect(subscription.isOver).toBe(true)

    const early = rig()
    expect(early.subscription.isOver).toBe(false)
    const closing = early.subscription.close()
    for (const each of [{ grant, opening }, early]) {
      each.grant()
      await each.opening
    }
    await closing
    expect(early.subscription.isOver).toBe(true)
  })

  test('`dropped` counts over all lives of the actor', () => {
    const { subscription, handler } = rig()
    handler.dropped(3)
    handler.dropped(5)
    handler.restarted()
    handler.dropped(2)
    expect(subscription.dropped).toBe(7)
  })

  test('ends with the error of the broker once what came before is consumed', async () => {
    const { subscription, handler } = rig()
    handler.receive(run(1), names, 1)
    handler.ended(new MailboxFullError('too slow'))
    expect((await subscription.recv())!.value).toBe(1)
    await expect(subscription.recv()).rejects.toThrow('too slow')
    expect(await subscription.recv()).toBeUndefined()
  })

  test('closing discards what was not consumed and ends the source', async () => {
    const { subscription, opening, grant, handler, closed } = rig()
    grant()
    await opening
    handler.receive(run(1), names, 1)
    await subscription.close()
    handler.receive(run(2), names, 1)
    expect([await subscription.recv(), closed()]).toEqual([undefined, 1])
  })
})
