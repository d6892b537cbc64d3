import { describe, expect, test } from 'vitest'
import { GOING_AWAY } from '../../../../src/adapters/json-rpc/going-away.js'
import { replyOf } from '../../../../src/adapters/json-rpc/server/messages.js'
import type { InboundRequest } from '../../../../src/core/adapter/service-facet.js'
import { RpcError } from '../../../../src/core/errors/rpc.js'
import type { Value } from '../../../../src/core/value.js'
import { operation, until } from '../../../support/adapter-context.js'
import { ask, dial, type Handlers, post, server } from './harness.js'

const handlers: Handlers = {
  echo: (params: Value | undefined) => params,
  refuse: () => {
    throw new RpcError(-32602, 'Invalid params', { missing: 'name' })
  },
  crash: () => {
    throw new Error('password=hunter2')
  },
  strange: () => ({ not: new Map() }) as never,
  large: () => 'x'.repeat(5000),
}

const call = (method: string, id: unknown = 1, params?: unknown) =>
  JSON.stringify({ jsonrpc: '2.0', method, ...(params !== undefined && { params }), id })

async function answerTo(
  body: string,
  options?: Parameters<typeof server>[1],
): Promise<Record<string, unknown>> {
  const { url } = await server(handlers, options)
  return JSON.parse((await post(url, body)).text) as Record<string, unknown>
}

describe('an id', () => {
  test.each([['text'], [''], [0], [-7], [1.5], [null], [9007199254740991]])('%j comes back', async (id) => {
    expect(await answerTo(call('echo', id, [1]))).toEqual({ jsonrpc: '2.0', result: [1], id })
  })

  test.each([[{}], [[1]], [true]])('%j is none', async (id) => {
    expect(await answerTo(call('echo', id))).toMatchObject({ error: { code: -32600 }, id: null })
  })

  test.each(['12345678901234567890', '1e400', '-1e400', '1e308'])(
    '%s, which would lose digits, is refused',
    async (id) => {
      const body = `{"jsonrpc":"2.0","method":"echo","id":${id}}`
      expect(await answerTo(body)).toMatchObject({ error: { code: -32600 }, id: null })
    },
  )

  test('of an invalid request comes back as far as it is one', async () => {
    expect(await answerTo('{"jsonrpc":"1.0","method":"echo","id":"a"}')).toMatchObject({
      error: { code: -32600, message: 'Invalid Request' },
      id: 'a',
    })
  })
})

describe('a request', () => {
  test.each([
    ['no version', { method: 'echo', id: 1 }],
    ['another version', { jsonrpc: 2, method: 'echo', id: 1 }],
    ['no method', { jsonrpc: '2.0', id: 1 }],
    ['a method that is no text', { jsonrpc: '2.0', method: ['echo'], id: 1 }],
    ['a number as parameters', { jsonrpc: '2.0', method: 'echo', params: 5, id: 1 }],
    ['null as parameters', { jsonrpc: '2.0', method: 'echo', params: null, id: 1 }],
    ['text as parameters', { jsonrpc: '2.0', method: 'echo', params: 'bar', id: 1 }],
  ])('with %s is invalid', async (_, request) => {
    expect(await answerTo(JSON.stringify(request))).toMatchObject({ error: { code: -32600 }, id: 1 })
  })

  test.each(['1', '"x"', 'null', 'true'])('cannot be %s', async (body) => {
    expect(await answerTo(body)).toMatchObject({ error: { code: -32600 }, id: null })
  })

  test.each(['', '{', '[', 'nope', '{"a":1,}', '\u0000'])('%j is no JSON', async (body) => {
    expect(await answerTo(body)).toEqual({
      jsonrpc: '2.0',
      error: { code: -32700, message: 'Parse error' },
      id: null,
    })
  })

  test('that is not UTF-8 or too deep is no JSON we take', async () => {
    const { url } = await server(handlers)
    for (const body of [Buffer.from([0x22, 0xff, 0x22]), Buffer.from('['.repeat(500) + ']'.repeat(500))])
      expect(JSON.parse((await post(url, body)).text)).toMatchObject({ error: { code: -32700 } })
  })

  test('pollutes no prototype', async () => {
    const body = '{"jsonrpc":"2.0","method":"echo","params":{"__proto__":{"polluted":1}},"id":1}'
    const { url } = await server(handlers)
    expect((await post(url, body)).text).toContain('"__proto__":{"polluted":1}')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    for (const method of ['__proto__', 'constructor', 'toString'])
      expect(await answerTo(call(method))).toMatchObject({ error: { code: -32601 } })
  })
})

describe('an answer', () => {
  test("has the handler's own error, with its data", async () => {
    expect(await answerTo(call('refuse'))).toEqual({
      jsonrpc: '2.0',
      error: { code: -32602, message: 'Invalid params', data: { missing: 'name' } },
      id: 1,
    })
  })

  test('does not say what went wrong inside', async () => {
    const { url } = await server(handlers)
    const { text } = await post(url, call('crash'))
    expect(JSON.parse(text)).toMatchObject({ error: { code: -32603, message: 'Internal error' }, id: 1 })
    expect(text).not.toContain('hunter2')
  })

  test('that cannot be written fails alone', async () => {
    const { url, context } = await server(handlers)
    const { text } = await post(url, `[${call('strange', 1)},${call('echo', 2, [2])}]`)
    expect(JSON.parse(text)).toEqual([
      { jsonrpc: '2.0', error: { code: -32603, message: 'Internal error' }, id: 1 },
      { jsonrpc: '2.0', result: [2], id: 2 },
    ])
    expect(context.records).toMatchObject([{ level: 'warn' }])
  })

  test('is no larger than the limit, of a batch as of a call', async () => {
    const options = { settings: { limits: { memory: 1e9, frame: 6000 } } }
    const { url } = await server(handlers, options)
    const batch = JSON.parse((await post(url, `[${call('large', 1)},${call('large', 2)}]`)).text) as unknown[]
    expect(batch).toMatchObject([{ id: 1 }, { id: 2, error: { code: -32603 } }])
    expect(batch[0]).toHaveProperty('result')
  })

  test('of a batch has no more than max_batch entries', async () => {
    const batch = `[${call('echo', 1)},${call('echo', 2)},${call('echo', 3)}]`
    expect(await answerTo(batch, { config: { max_batch: 2 } })).toMatchObject({
      error: { code: -32600, data: 'the batch has 3 requests; the limit is 2' },
      id: null,
    })
  })
})

test('handlers without room are not given more, and nothing is lost over it', async () => {
  const { adapter, url, port } = await server({})
  const taken: { params: unknown; done: () => void }[] = []
  const subscription = await adapter.service!.serve(
    'slow',
    {
      deliver(request) {
        taken.push({
          params: request.params,
          done: () => void request.answer({ ok: true, value: request.params ?? null }),
        })
        return taken.length % 2 !== 0
      },
      lost() {},
      end() {},
    },
    operation(),
  )
  const answers = [1, 2, 3, 4].map((n) => post(url, call('slow', n, [n])))
  const socket = await dial(port)
  const last = ask(socket, call('slow', 5, [5]))
  await until(() => taken.length === 2, 'two requests')
  for (let done = 0; done < 5; done++) {
    await until(() => taken.length > done, 'the next request')
    taken[done]!.done()
    subscription.resume()
  }
  const texts = [...(await Promise.all(answers)).map(({ text }) => text), await last]
  expect(texts.map((text) => (JSON.parse(text) as { result: number[] }).result[0]).sort()).toEqual([
    1, 2, 3, 4, 5,
  ])
})

test('a method that is served again changes hands without a moment of "method not found"', async () => {
  const { adapter, port, subscriptions } = await server({ who: () => 'first' })
  const socket = await dial(port)
  const held: InboundRequest[] = []
  const sink = { deliver: (request: InboundRequest) => held.push(request) > 0, lost() {}, end() {} }
  const asked = ask(socket, call('who', 1))
  expect(JSON.parse(await asked)).toMatchObject({ result: 'first' })
  await adapter.service!.serve('who', sink, operation())
  const second = ask(socket, call('who', 2))
  await until(() => held.length === 1, 'the request at the second')
  // The end of the first takes nothing from the second.
  await subscriptions[0]!.close()
  await held[0]!.answer({ ok: true, value: 'second' })
  expect(JSON.parse(await second)).toMatchObject({ id: 2, result: 'second' })
  const third = ask(socket, call('who', 3))
  await until(() => held.length === 2, 'the next request')
  await held[1]!.answer({ ok: true, value: 'still' })
  expect(JSON.parse(await third)).toMatchObject({ id: 3, result: 'still' })
})

test('a handler that has room again before it says that it has none goes on', async () => {
  const { adapter, port } = await server({})
  let deliveries = 0
  const subscription = await adapter.service!.serve(
    'work',
    {
      deliver(request) {
        deliveries++
        subscription.resume()
        void request.answer({ ok: true, value: deliveries })
        return false
      },
      lost() {},
      end() {},
    },
    operation(),
  )
  const socket = await dial(port)
  for (let id = 1; id <= 3; id++)
    expect(JSON.parse(await ask(socket, call('work', id)))).toMatchObject({ id, result: id })
})

test.each<[number, number]>([
  [1.5, 1],
  [Number.NaN, -32603],
  [Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER],
  [-32000, -32000],
])('an RpcError of a handler with the code %d has the code %d, and its message', async (code, sent) => {
  const { port } = await server({
    odd: () => {
      throw new RpcError(code, 'why', { x: 1 })
    },
  })
  const socket = await dial(port)
  for (let id = 1; id <= 2; id++)
    expect(JSON.parse(await ask(socket, call('odd', id)))).toMatchObject({
      id,
      error: { code: sent, message: 'why', data: { x: 1 } },
    })
})

test('a refusal that a handler passes on does not say that its own method was not called', () => {
  const { code, message, data } = GOING_AWAY
  const error = new RpcError(code, message, data)
  expect(replyOf(1, { ok: false, error })).toEqual({ jsonrpc: '2.0', id: 1, error: { code, message } })
})
