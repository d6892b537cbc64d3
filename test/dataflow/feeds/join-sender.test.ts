import { expect, test } from 'vitest'
import { JoinSender } from '../../../src/dataflow/feeds/join-sender.js'
import type { IntegrationMail } from '../../../src/mailbox/integration-mail.js'
import { settled } from '../../../src/testing/manual-clock.js'

test('one value is on its way at a time, and the newest follows', async () => {
  const sent: unknown[] = []
  const ends: ((error?: Error) => void)[] = []
  const request = (verb: string, name: string, value: unknown) =>
    new Promise<void>((resolve, reject) => {
      sent.push([verb, name, value])
      ends.push((error) => (error === undefined ? resolve() : reject(error)))
    })
  let value = 0
  const sender = new JoinSender(
    'rates',
    () => ({ request }) as unknown as IntegrationMail,
    () => value,
  )
  for (value = 1; value <= 5; value++) sender.changed()
  expect(sent).toEqual([['join', 'rates', 1]])
  value = 9
  ends[0]!()
  await settled()
  expect(sent[1]).toEqual(['join', 'rates', 9])
  ends[1]!(new Error('crashed'))
  await settled()
  expect(sent).toHaveLength(2)
  value = 10
  sender.changed()
  expect(sent[2]).toEqual(['join', 'rates', 10])
})
