import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import type { IntegrationError } from '../../../src/core/errors/integration-error.js'
import { until, within } from '../../support/adapter-context.js'
import { bare, bytes } from './fixture.js'
import { hostile } from './hostile-server.js'

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: IntegrationError) => error,
  )

/** An adapter with a call whose request the server has taken and not answered. */
async function withCall(xadd: string) {
  const scripts: Socket[] = []
  const port = await hostile((name, socket) => {
    if (name === 'evalsha') scripts.push(socket)
    return { evalsha: ':1\r\n', client: ':1\r\n', xadd, xread: '' }[name]
  })
  const { adapter, context } = bare(port)
  await adapter.connect(AbortSignal.timeout(2_000))
  const call = failure(adapter.rpc!.call('m', 1, within()))
  // The first script creates the stream for answers, the second sends the request.
  await until(() => scripts.length === 2, 'the request')
  const send = () => failure(adapter.queue!.enqueue('q', bytes('x'), {}, within()))
  return { call, send, context, main: scripts[0]! }
}

it.each(['READONLY You cannot write', 'LOADING Redis is loading', 'MASTERDOWN Link is down'])(
  'a call in flight may have been executed, although %j refuses another command',
  async (answer) => {
    const { call, send, context } = await withCall(`-${answer}\r\n`)
    expect(await send()).toMatchObject({ kind: 'connection', message: answer, notExecuted: true })
    const lost = { kind: 'connection', message: answer, retryable: true, errorClass: 'service-unavailable' }
    const errors = [await call, context.lost[0]]
    for (const error of errors) {
      expect(error).toMatchObject(lost)
      expect(error).not.toHaveProperty('notExecuted')
    }
  },
)

it('a call in flight may have been executed, although others were not written before the loss', async () => {
  const { call, send, context, main } = await withCall('')
  main.end()
  const others: Promise<unknown>[] = []
  while (context.lost.length === 0) {
    others.push(send())
    await new Promise((resolve) => setImmediate(resolve))
  }
  const error = await call
  expect(error).toMatchObject({ kind: 'connection', retryable: true })
  expect(error).not.toHaveProperty('notExecuted')
  await Promise.all(others)
})
