import { expect, it } from 'vitest'
import { RpcError } from '../../../src/core/errors/rpc.js'
import { until, within } from '../../support/adapter-context.js'
import { waitFor } from '../../support/wait-for.js'
import { connected, Requests } from './fixture.js'
import { testServer } from './server.js'

const { server, client } = await testServer()

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Error) => error,
  )

async function serving(method: string, config: object = {}) {
  const made = await connected(server.port, { config })
  const sink = new Requests()
  const subscription = await made.adapter.service!.serve(method, sink, within())
  return { ...made, sink, subscription }
}

it('answers, errors and notifications go round; nothing is left at the server', async () => {
  const { sink } = await serving('m')
  const { adapter } = await connected(server.port)
  const call = adapter.rpc!.call('m', { a: [1] }, within())
  await until(() => sink.messages.length === 1, 'the request')
  expect(sink.messages[0]).toMatchObject({ topic: 'm', params: { a: [1] } })
  await sink.messages[0]!.answer({ ok: true, value: 'yes' })
  await sink.messages[0]!.answer({ ok: true, value: 'later answers do nothing' })
  expect(await call).toBe('yes')

  const failing = failure(adapter.rpc!.call('m', undefined, within()))
  await until(() => sink.messages.length === 2, 'the request')
  expect(sink.messages[1]!.params).toBeUndefined()
  await sink.messages[1]!.answer({ ok: false, error: new RpcError(7, 'no: ü', { deep: [1] }) })
  expect(await failing).toMatchObject({ kind: 'rpc', code: 7, message: 'no: ü', data: { deep: [1] } })

  await adapter.rpc!.notify('m', 'note', within())
  await until(() => sink.messages.length === 3, 'the notification')
  await sink.messages[2]!.answer({ ok: true, value: 1 })
  await expect.poll(() => client.xlen('nemo:rpc:m')).toBe(0)
  await expect
    .poll(async () => {
      const keys = await client.keys('nemo:rpc:reply:*')
      return Promise.all(keys.map(async (key) => [await client.xlen(key), (await client.pttl(key)) > 0]))
    })
    .toEqual([[0, true]])
})

it('a method that nobody serves is an RpcError at once, also after its server has left', async () => {
  const { adapter } = await connected(server.port)
  const none = await failure(adapter.rpc!.call('nobody', 1, within()))
  expect(none).toMatchObject({ kind: 'rpc', code: -32_601 })
  await adapter.rpc!.notify('nobody', 1, within())
  const { subscription } = await serving('leaving')
  await subscription.close()
  expect(await failure(adapter.rpc!.call('leaving', 1, within()))).toMatchObject({ code: -32_601 })
})

it('a server that died serves no more once its lease is over', async () => {
  const { adapter: died } = await serving('mortal', { rpc: { lease: 500 } })
  await died.disconnect()
  const { adapter } = await connected(server.port)
  const early = await failure(adapter.rpc!.call('mortal', 1, within(100)))
  expect(early).toMatchObject({ kind: 'timeout' })
  await waitFor(
    async () => ((await failure(adapter.rpc!.call('mortal', 1, within(50)))) as RpcError).code === -32_601,
    { what: 'the lease to end' },
  )
})

it('a lease is renewed for as long as the server is there', async () => {
  await serving('lasting', { rpc: { lease: 500 } })
  const first = Number((await client.zrange('{nemo:rpc:lasting}:servers', '0', '0', 'WITHSCORES'))[1])
  await expect
    .poll(
      async () => Number((await client.zrange('{nemo:rpc:lasting}:servers', '0', '0', 'WITHSCORES'))[1]),
      {
        timeout: 5_000,
      },
    )
    .toBeGreaterThan(first + 500)
})

it('a request that is not worth an answer any more is not served', async () => {
  const { sink, adapter: first, subscription } = await serving('late')
  const holder = await connected(server.port)
  sink.room = false
  const held = failure(holder.adapter.rpc!.call('late', 0, within(150)))
  await until(() => sink.messages.length === 1, 'the first')
  const missed = failure(holder.adapter.rpc!.call('late', 1, within(150)))
  expect(await held).toMatchObject({ kind: 'timeout', operation: 'call late' })
  expect(await missed).toMatchObject({ kind: 'timeout' })
  const wanted = holder.adapter.rpc!.call('late', 2, within())
  await expect.poll(() => client.xlen('nemo:rpc:late')).toBe(2)
  sink.room = true
  subscription.resume()
  await until(() => sink.messages.length === 2, 'the one in time')
  await sink.messages[1]!.answer({ ok: true, value: sink.messages[1]!.params! })
  expect(await wanted).toBe(2)
  await first.disconnect()
})

it('servers share the requests, and each is served once', async () => {
  const servers = await Promise.all([serving('shared'), serving('shared')])
  for (const { sink } of servers)
    Object.assign(sink, {
      deliver(request: (typeof sink.messages)[number]) {
        sink.messages.push(request)
        request.answer({ ok: true, value: request.params! }).catch(() => {})
        return true
      },
    })
  const { adapter } = await connected(server.port)
  const numbers = Array.from({ length: 200 }, (_, n) => n)
  expect(await Promise.all(numbers.map((n) => adapter.rpc!.call('shared', n, within())))).toEqual(numbers)
  expect(servers[0]!.sink.messages.length + servers[1]!.sink.messages.length).toBe(200)
})

it('several methods are served over one connection, which is made once', async () => {
  const { adapter, sink } = await serving('one')
  for (const method of ['two', 'three']) await adapter.service!.serve(method, sink, within())
  const caller = await connected(server.port)
  for (const [i, method] of ['three', 'two', 'one'].entries()) {
    const call = caller.adapter.rpc!.call(method, i, within())
    await until(() => sink.messages.length === i + 1, method)
    await sink.messages[i]!.answer({ ok: true, value: method })
    expect(await call).toBe(method)
  }
  const name = /name=\S*:server /g
  const mine = String(await client.client('LIST')).match(name)!
  expect(mine.length).toBe(new Set(mine).size)
})

it('what is no request, or not of the format, does not disturb', async () => {
  const { sink } = await serving('robust')
  const { adapter } = await connected(server.port)
  await client.xadd('nemo:rpc:robust', '*', 'nonsense', '1', 'until', 'soon')
  await client.xadd('reply-here', '*', 'made', '1')
  await client.xadd('nemo:rpc:robust', '*', 'params', '{not json', 'reply', 'reply-here', 'call', '5')
  await expect.poll(() => client.xlen('reply-here')).toBe(2)
  const [, answer] = await client.xrange('reply-here', '-', '+')
  expect(JSON.parse(answer![1][3]!)).toMatchObject({ code: -32_700 })
  const call = adapter.rpc!.call('robust', 1, within())
  await until(() => sink.messages.some(({ params }) => params === 1), 'the good one')
  const [reply] = await client.keys('nemo:rpc:reply:*')
  for (const fields of [
    ['call', 'x'],
    ['call', '99', 'result', '1'],
    ['what', 'ever'],
  ])
    await client.xadd(reply!, '*', ...fields)
  await sink.messages.find(({ params }) => params === 1)!.answer({ ok: true, value: 1 })
  expect(await call).toBe(1)
})

it('an answer that cannot be read is a SerializeError', async () => {
  const { sink } = await serving('garbled')
  const { adapter } = await connected(server.port)
  const call = failure(adapter.rpc!.call('garbled', 1, within()))
  await until(() => sink.messages.length === 1, 'the request')
  for (const key of await client.keys('nemo:rpc:reply:*'))
    await client.xadd(key, '*', 'call', '1', 'result', '{')
  expect(await call).toMatchObject({ kind: 'serialize' })
})

it('calls that wait are rejected when the connection goes', async () => {
  await serving('gone')
  const { adapter } = await connected(server.port)
  const call = failure(adapter.rpc!.call('gone', 1, within()))
  await adapter.rpc!.notify('gone', 1, within())
  await adapter.disconnect()
  expect(await call).toMatchObject({ kind: 'connection' })
})

/** Answers each request with its parameters. */
function echoing(sink: Requests): void {
  Object.assign(sink, {
    deliver(request: (typeof sink.messages)[number]) {
      sink.messages.push(request)
      request.answer({ ok: true, value: request.params! }).catch(() => {})
      return true
    },
  })
}

it.each([
  ['everything is flushed', async () => void (await client.flushall())],
  ['the registration is evicted', async () => void (await client.del('{nemo:rpc:flushed}:servers'))],
  ['the requests are evicted', async () => void (await client.del('nemo:rpc:flushed'))],
])('a method is served again soon after %s', async (_what, harm) => {
  const { sink } = await serving('flushed', { rpc: { lease: '1h' } })
  echoing(sink)
  const { adapter } = await connected(server.port)
  expect(await adapter.rpc!.call('flushed', 1, within())).toBe(1)
  await harm()
  await waitFor(async () => (await failure(adapter.rpc!.call('flushed', 2, within(1_000)))) === undefined, {
    what: 'an answer',
  })
})

it('an answer arrives although the stream of the caller was flushed meanwhile', async () => {
  const { sink } = await serving('slow')
  const { adapter } = await connected(server.port)
  const call = adapter.rpc!.call('slow', 1, within())
  await until(() => sink.messages.length === 1, 'the request')
  await client.flushall()
  await sink.messages[0]!.answer({ ok: true, value: 'late' })
  expect(await call).toBe('late')
  const [key] = await client.keys('nemo:rpc:reply:*')
  expect(await client.pttl(key!)).toBeGreaterThan(0)
})

it('a method that is served again is taken over without a gap; one that cannot be leaves the earlier', async () => {
  const { adapter, sink, subscription } = await serving('taken-over')
  echoing(sink)
  const caller = await connected(server.port)
  let calling = true
  const failures: unknown[] = []
  const callers = Array.from({ length: 4 }, async () => {
    while (calling) {
      const error = await failure(caller.adapter.rpc!.call('taken-over', 1, within()))
      if (error !== undefined) failures.push(error)
    }
  })
  let earlier = subscription
  for (let round = 0; round < 10; round++) {
    const next = new Requests()
    echoing(next)
    const later = await adapter.service!.serve('taken-over', next, within())
    await earlier.close()
    await until(() => next.messages.length > 0, 'a request to the later one')
    earlier = later
    const given = new AbortController()
    const refused = new Requests()
    const abandoned = adapter.service!.serve('taken-over', refused, { ...within(), signal: given.signal })
    given.abort()
    await expect(abandoned).rejects.toMatchObject({ kind: 'cancelled' })
    const { length } = next.messages
    await until(() => next.messages.length > length, 'the earlier one to go on')
    expect(refused.messages).toEqual([])
  }
  calling = false
  await Promise.all(callers)
  expect(failures).toEqual([])
})

it('requests that are read while their method is being closed go to another server', async () => {
  const other = await serving('shared-out')
  echoing(other.sink)
  const caller = await connected(server.port)
  for (let round = 0; round < 10; round++) {
    const leaving = await serving('shared-out')
    echoing(leaving.sink)
    const calls = Array.from({ length: 50 }, (_, n) => caller.adapter.rpc!.call('shared-out', n, within()))
    await leaving.subscription.close()
    await Promise.all(calls)
    await leaving.adapter.disconnect()
  }
})

it('requests and answers that are larger than the limit fail alone', async () => {
  const limits = { memory: 1e9, frame: 10_000 }
  const made = await connected(server.port, { limits })
  const sink = new Requests()
  await made.adapter.service!.serve('small', sink, within())
  const { adapter } = await connected(server.port)
  const large = 'x'.repeat(50_000)
  expect(await failure(adapter.rpc!.call('small', large, within()))).toMatchObject({
    kind: 'rpc',
    code: -32_600,
    message: expect.stringMatching(/more than limits\.frame/),
  })
  const big = await serving('big')
  const call = failure(made.adapter.rpc!.call('big', 1, within()))
  await until(() => big.sink.messages.length === 1, 'the request')
  await big.sink.messages[0]!.answer({ ok: true, value: large })
  expect(await call).toMatchObject({ kind: 'serialize', message: expect.stringMatching(/50002 bytes/) })
  expect(sink.messages).toEqual([])
  expect(made.context.lost).toEqual([])
})
