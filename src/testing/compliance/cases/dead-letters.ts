import assert from 'node:assert/strict'
import type { DeadMessage } from '../../../core/events.js'
import type { ComplianceCase } from '../case.js'
import type { CaseContext } from '../context.js'
import { eventually, soon } from '../waiting.js'

const MAX_DELIVERIES = 2
const REASON = 'the order has no lines'

/** Cases for a message that has used up its deliveries while the dead-letter queue refuses it. */
export const deadLetterCases: readonly ComplianceCase[] = [
  {
    name: 'a message whose dead letter is refused is not delivered again, and is a dead letter in the end',
    needs: ['enqueue', 'dequeue', 'refuseQueue'],
    async run(context) {
      const { queue, morgue, dead, seen, refusals, accept, close } = await refused(context)
      await eventually(() => refusals.length >= 3, 'its dead letter is refused again and again')
      await soon(context.queue('other').send(queue, 'good'), 'send')
      await eventually(() => seen.includes('good'), 'the next message is delivered')
      assert.deepEqual([seen, dead.length], [['first', 'bad', 'bad', 'good'], 0])
      await soon(accept(), `${morgue} accepts messages`)
      await isLetter(context, morgue, REASON)
      await eventually(() => dead.length === 1, 'the event message:dead')
      const { reason, attempts } = dead[0]!
      assert.deepEqual([reason, attempts], [REASON, MAX_DELIVERIES])
      await close()
      assert.deepEqual(seen, ['first', 'bad', 'bad', 'good'])
      await context.empty(queue)
    },
  },
]

/** Sends a message that its handler fails on, and waits until its dead letter is refused. */
async function refused(context: CaseContext) {
  const [queue, morgue] = [context.name('refused'), context.name('morgue')]
  const [dead, refusals, seen]: [DeadMessage[], string[], string[]] = [[], [], []]
  context.gateway.on('message:dead', (event) => dead.push(event))
  context.gateway.on('log', ({ level, message }) => {
    if (level === 'error' && message.includes('cannot write a dead letter')) refusals.push(message)
  })
  const consumer = context
    .queue()
    .consume<string>(queue, { maxDeliveries: MAX_DELIVERIES, deadLetter: morgue, retryDelay: 1 })
  const work = consumer.each(({ value }) => {
    seen.push(value)
    if (value === 'bad') throw { code: 7, message: REASON }
  })
  // Not every broker keeps what is sent before the consumer is open.
  const isSent = () =>
    context
      .queue('other')
      .send(queue, 'first')
      .then(
        () => true,
        () => false,
      )
  await eventually(isSent, 'the consumer is open')
  await eventually(() => seen.length === 1, 'a message is delivered')
  const accept = await context.refuse(morgue)
  await soon(context.queue('other').send(queue, 'bad'), 'send')
  await eventually(() => refusals.length > 0, 'its dead letter is refused')
  const close = async () => {
    await soon(consumer.close(), 'close')
    await soon(work, 'each ends')
  }
  return { queue, morgue, dead, seen, refusals, accept, close }
}

/** Asserts that the dead letter of the message is in the queue. */
async function isLetter(context: CaseContext, morgue: string, reason?: string): Promise<void> {
  const letter = await context.receive<string>(morgue, 'other')
  assert.equal(letter.value, 'bad')
  if (context.features.headers) {
    assert.equal(letter.headers['nemo-dead-letter-attempts'], String(MAX_DELIVERIES))
    if (reason !== undefined) assert.equal(letter.headers['nemo-dead-letter-reason'], reason)
  }
  await soon(letter.ack(), 'ack')
}
