import { expect, test } from 'vitest'
import { decodeError } from '../../src/mailbox/error-codec.js'
import type { ActorBatch, ReceivedMessage } from '../../src/mailbox/protocol.js'
import { ReplyWriter } from '../../src/mailbox/replies.js'
import { salvage } from '../../src/mailbox/salvage.js'

const uncloneable = () => 1

/** What arrives on the other side: the batch must be cloneable. */
function sent(writer: ReplyWriter): ActorBatch {
  const { batch } = writer.take()
  expect(() => structuredClone(batch)).toThrow('could not be cloned')
  return structuredClone(salvage(batch))
}

test('an answer that cannot be cloned fails its own request; its neighbours keep their numbers', () => {
  const writer = new ReplyWriter()
  writer.reply(1, 'a')
  writer.reply(2, { uncloneable })
  writer.reply(3, 'c')
  writer.done(4)
  writer.fail(5, new Error('five'))
  const { replies, failures, done } = sent(writer)
  expect(replies).toEqual({ seqs: [1, 3], values: ['a', 'c'] })
  expect(done).toEqual([4, 1])
  expect(failures!.seqs).toEqual([5, 2])
  expect(decodeError(failures!.errors[1]!)).toMatchObject({ kind: 'serialize' })
})

test('a delivery that cannot be cloned carries the error and keeps its token', () => {
  const writer = new ReplyWriter()
  const run = writer.run(7, 'values')
  run.add(0, 'good', 4, { token: 1 })
  run.add(0, { uncloneable }, 4, { token: 2, attempt: 1 })
  run.add(0, 'head', 4, { token: 3, headers: { uncloneable } as never })
  const [delivered] = sent(writer).runs!
  expect(delivered!.payload).toEqual({ kind: 'values', values: ['good', null, null] })
  expect(delivered!.extras!.map((extras) => [extras?.token, extras?.fault !== undefined])).toEqual([
    [1, false],
    [2, true],
    [3, true],
  ])
})

test('the message of a receive keeps its token', () => {
  const writer = new ReplyWriter()
  const headers = { uncloneable } as never
  writer.reply(1, {
    topic: 'q',
    bytes: new Uint8Array([1]),
    extras: { token: 9, headers },
  } satisfies ReceivedMessage)
  const message = sent(writer).replies!.values[0] as ReceivedMessage
  expect([message.extras.token, message.extras.fault !== undefined]).toEqual([9, true])
})

test('bytes that were transferred away fail their own message', () => {
  const writer = new ReplyWriter()
  const gone = new Uint8Array([1, 2])
  const run = writer.run(7, 'packed')
  run.add(0, new Uint8Array([1]), 1, undefined)
  run.add(0, gone, 2, { token: 4 })
  structuredClone(gone.buffer, { transfer: [gone.buffer] })
  const [delivered] = structuredClone(writer.take().batch).runs!
  expect(delivered!.count).toBe(2)
  expect(delivered!.extras![0]).toBeUndefined()
  expect(delivered!.extras![1]).toMatchObject({ token: 4, fault: { name: 'SerializeError' } })
})
