import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Attempt } from '../../../src/core/adapter/attempt.js'
import { operation, until } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { type HttpService, send } from '../../support/http-service.js'
import { connected, service } from './harness.js'

interface Request {
  readonly id?: number
  readonly method: string
  readonly params?: unknown
}

/** A server that answers each call with its method, and holds back a request with a method that begins so. */
async function server(options: { hold?: string } = {}) {
  const held: (() => void)[] = []
  const http = await service(({ text }, response) => {
    const body = JSON.parse(text) as Request | readonly Request[]
    const requests: readonly Request[] = Array.isArray(body) ? body : [body as Request]
    const replies = requests
      .filter(({ id }) => id !== undefined)
      .map(({ id, method }) =>
        method.startsWith('fail')
          ? { jsonrpc: '2.0', id, error: { code: 7, message: method } }
          : { jsonrpc: '2.0', id, result: method },
      )
    const answer = () => {
      if (replies.length === 0) send(response, 204)
      else send(response, 200, JSON.stringify(Array.isArray(body) ? replies.reverse() : replies[0]))
    }
    if (options.hold !== undefined && requests.some(({ method }) => method.startsWith(options.hold!)))
      held.push(answer)
    else answer()
  })
  const release = () => {
    for (const answer of held.splice(0)) answer()
  }
  return { http, release }
}

/** How many requests of JSON-RPC each HTTP request carried; 0 for one that was not a batch. */
const sizes = ({ requests }: HttpService) =>
  requests.map(({ text }) => {
    const body = JSON.parse(text) as unknown
    return Array.isArray(body) ? body.length : 0
  })

const context = operation()
/** Batches wait for each other as long as it takes. */
const patient = { batch_size: 10, batch_delay: '1h' }

describe('with batch_size', () => {
  test('calls and notifications of one turn travel in one request', async () => {
    const { http } = await server()
    const { rpc } = await connected(http.url, { config: { batch_size: 10 } })
    const settled = await Promise.all([
      rpc.call('a', { x: 1 }, context),
      rpc.notify('told', [1], context),
      rpc.call('b', undefined, context),
    ])
    expect(settled).toEqual(['a', undefined, 'b'])
    expect(http.requests.map(({ text }) => JSON.parse(text))).toEqual([
      [
        { jsonrpc: '2.0', method: 'a', params: { x: 1 }, id: 1 },
        { jsonrpc: '2.0', method: 'told', params: [1] },
        { jsonrpc: '2.0', method: 'b', id: 2 },
      ],
    ])
  })

  test('one alone is no batch, nor is anything without batch_size', async () => {
    const { http } = await server()
    const { rpc } = await connected(http.url, { config: { batch_size: 10 } })
    expect(await rpc.call('a', undefined, context)).toBe('a')
    await rpc.notify('told', undefined, context)
    const plain = await connected(http.url)
    await Promise.all(['b', 'c'].map((method) => plain.rpc.call(method, undefined, context)))
    expect(sizes(http)).toEqual([0, 0, 0, 0])
  })

  test('no batch is larger', async () => {
    const { http } = await server()
    const { rpc } = await connected(http.url, { config: { batch_size: 10 } })
    const methods = Array.from({ length: 25 }, (_, i) => `m${i}`)
    expect(await Promise.all(methods.map((method) => rpc.call(method, undefined, context)))).toEqual(methods)
    expect(sizes(http).sort((a, b) => a - b)).toEqual([5, 10, 10])
  })

  test('notifications alone travel together as well', async () => {
    const { http } = await server()
    const { rpc } = await connected(http.url, { config: { batch_size: 10 } })
    await Promise.all(['a', 'b', 'c'].map((method) => rpc.notify(method, undefined, context)))
    expect(sizes(http)).toEqual([3])
  })

  test('an error is the error of its call alone', async () => {
    const { http } = await server()
    const { rpc } = await connected(http.url, { config: { batch_size: 10 } })
    const [good, bad] = await Promise.allSettled(['a', 'fail'].map((m) => rpc.call(m, undefined, context)))
    expect(good).toMatchObject({ status: 'fulfilled', value: 'a' })
    expect(bad).toMatchObject({ status: 'rejected', reason: { kind: 'rpc', code: 7, message: 'fail' } })
  })

  test('what cannot be sent fails alone', async () => {
    const { http } = await server()
    const { rpc } = await connected(http.url, { config: { batch_size: 10 } })
    const params: unknown[] = [{ ok: 1 }, { not: new Map() }, 'text', undefined]
    const settled = await Promise.allSettled(
      params.map((each, i) => rpc.call(`m${i}`, each as never, context)),
    )
    const refused = { status: 'rejected', reason: { kind: 'serialize' } }
    expect(settled).toMatchObject([
      { status: 'fulfilled', value: 'm0' },
      refused,
      refused,
      { status: 'fulfilled', value: 'm3' },
    ])
    expect((settled[1] as PromiseRejectedResult).reason.message).toMatch(/^call m1: /)
  })

  test('a batch that exceeds the limit of a frame is sent in parts', async () => {
    const { http } = await server()
    const { rpc } = await connected(http.url, {
      config: { batch_size: 10 },
      limits: { memory: 1e9, frame: 1024 },
    })
    const params = { text: 'x'.repeat(400) }
    await Promise.all(['a', 'b', 'c', 'd'].map((method) => rpc.call(method, params, context)))
    expect(sizes(http)).toEqual([2, 2])
  })

  test('the failure of the request is the failure of every call, and the next batch goes out', async () => {
    const http = await service(({ text }, response) =>
      text.includes('die') ? response.destroy() : send(response, 204),
    )
    const { rpc } = await connected(http.url, { config: { batch_size: 10 } })
    const lost = await Promise.allSettled(['die', 'b'].map((m) => rpc.call(m, undefined, context)))
    const failed = { status: 'rejected', reason: { kind: 'connection', retryable: true } }
    expect(lost).toMatchObject([failed, failed])
    await rpc.notify('alive', undefined, context)
  })

  test('an answer beyond max_response fails every call of it', async () => {
    const { http } = await server()
    const { rpc } = await connected(http.url, { config: { batch_size: 10, max_response: '64B' } })
    const settled = await Promise.allSettled(['a', 'b', 'c'].map((m) => rpc.call(m, undefined, context)))
    for (const each of settled)
      expect(each).toMatchObject({
        reason: { kind: 'serialize', reason: expect.stringMatching(/the limit is 64 bytes/) },
      })
    expect(await rpc.call('d', undefined, context)).toBe('d')
  })

  test('a request with headers of its own travels alone', async () => {
    const { http } = await server()
    const { rpc } = await connected(http.url, { config: { batch_size: 10 } })
    const own: Attempt = { ...context, signal: context.signal, headers: { 'x-trace': 'abc' } }
    await Promise.all([
      rpc.call('a', undefined, own),
      rpc.call('b', undefined, context),
      rpc.call('c', undefined, context),
    ])
    expect(sizes(http)).toEqual([0, 2])
    expect(http.requests.map(({ headers }) => headers['x-trace'])).toEqual(['abc', undefined])
  })
})

test.each<[string, string, RegExp]>([
  ['a b', 'c', /header "a b": expected the name/],
  ['x', 'a\r\nb: c', /header "x": expected text/],
  ['Content-Length', '1', /the HTTP client sets this header/],
  ['Authorization', 'Bearer mine', /the integration sets this header/],
])('a request cannot have the header %s: %j', async (name, value, reason) => {
  const { http } = await server()
  const { rpc } = await connected(http.url)
  const own: Attempt = { ...context, signal: context.signal, headers: { [name]: value } }
  expect(await failureOf(rpc.call('a', undefined, own))).toMatchObject({
    kind: 'serialize',
    reason: expect.stringMatching(reason),
  })
  expect(http.requests).toEqual([])
})

describe('while a batch is under way', () => {
  test('a partial one waits, and leaves with the answer', async () => {
    const { http, release } = await server({ hold: 'slow' })
    const { rpc } = await connected(http.url, { config: patient })
    const slow = rpc.call('slow', undefined, context)
    await until(() => http.requests.length === 1, 'the first request')
    const later = [rpc.call('a', undefined, context)]
    await sleep(5)
    later.push(rpc.call('b', undefined, context))
    expect(http.requests.length).toBe(1)
    release()
    expect(await Promise.all([slow, ...later])).toEqual(['slow', 'a', 'b'])
    expect(sizes(http)).toEqual([0, 2])
  })

  test('a full one does not wait', async () => {
    const { http, release } = await server({ hold: 'slow' })
    const { rpc } = await connected(http.url, { config: { ...patient, batch_size: 2 } })
    const slow = rpc.call('slow', undefined, context)
    await until(() => http.requests.length === 1, 'the first request')
    const pair = ['a', 'b'].map((method) => rpc.call(method, undefined, context))
    expect(await Promise.all(pair)).toEqual(['a', 'b'])
    release()
    expect(await slow).toBe('slow')
  })

  test('a partial one waits no longer than batch_delay', async () => {
    const { http, release } = await server({ hold: 'slow' })
    const { rpc } = await connected(http.url, { config: { batch_size: 10, batch_delay: '5ms' } })
    const slow = rpc.call('slow', undefined, context)
    await until(() => http.requests.length === 1, 'the first request')
    expect(await rpc.call('quick', undefined, context)).toBe('quick')
    release()
    await slow
  })

  test('there are no more than connections', async () => {
    const { http, release } = await server({ hold: 'slow' })
    const { rpc } = await connected(http.url, { config: { batch_size: 2, batch_delay: 0, pool_size: 2 } })
    const calls = Array.from({ length: 7 }, (_, i) => rpc.call(`slow${i}`, undefined, context))
    await until(() => http.requests.length === 2, 'two requests')
    expect(http.connections()).toBeLessThanOrEqual(3)
    const all = Promise.all(calls)
    let done = false
    all.then(() => {
      done = true
    })
    while (!done) {
      release()
      await sleep(2)
    }
    expect(sizes(http)).toEqual([2, 2, 2, 0])
  })
})

describe('a call that is given up', () => {
  const cancellable = () => {
    const controller = new AbortController()
    return { context: operation(controller.signal), cancel: () => controller.abort(new Error('given up')) }
  }

  test('leaves the others of its batch their answers', async () => {
    const { http, release } = await server({ hold: 'slow' })
    const { rpc } = await connected(http.url, { config: patient })
    const { context: own, cancel } = cancellable()
    const calls = [rpc.call('slow', undefined, own), rpc.call('other', undefined, context)]
    await until(() => http.requests.length === 1, 'the batch')
    cancel()
    await expect(calls[0]).rejects.toThrow('given up')
    release()
    expect(await calls[1]).toBe('other')
  })

  test('aborts the request when it was the last one that waited', async () => {
    let closed = 0
    const http = await service((_, response) => void response.on('close', () => closed++))
    const { rpc } = await connected(http.url, { config: patient })
    const [one, two] = [cancellable(), cancellable()]
    const calls = Promise.allSettled([
      rpc.call('a', undefined, one.context),
      rpc.call('b', undefined, two.context),
    ])
    await until(() => http.requests.length === 1, 'the batch')
    one.cancel()
    await sleep(30)
    expect(closed).toBe(0)
    two.cancel()
    expect((await calls).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await until(() => closed === 1, 'the request to be aborted')
  })

  test('is not sent when it still waited', async () => {
    const { http, release } = await server({ hold: 'slow' })
    const { rpc } = await connected(http.url, { config: patient })
    const slow = rpc.call('slow', undefined, context)
    await until(() => http.requests.length === 1, 'the first request')
    const { context: own, cancel } = cancellable()
    const given = failedWith(rpc.call('unwanted', undefined, own))
    const wanted = rpc.call('wanted', undefined, context)
    await sleep(15)
    cancel()
    release()
    expect(await Promise.all([slow, wanted, given])).toEqual(['slow', 'wanted', 'given up'])
    expect(http.requests.map(({ text }) => text).join()).not.toContain('unwanted')
  })
})

test('what waits when the connection is ended fails', async () => {
  const { http } = await server({ hold: 'slow' })
  const { rpc, adapter } = await connected(http.url, { config: patient })
  const slow = failureOf(rpc.call('slow', undefined, context))
  await until(() => http.requests.length === 1, 'the first request')
  const waiting = failureOf(rpc.call('waiting', undefined, context))
  await adapter.disconnect()
  expect((await waiting).kind).toBe('connection')
  expect((await slow).kind).toBe('connection')
})

async function failedWith(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('it did not fail')
}
