import { type NatsConnection, headers as natsHeaders } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import type { MessageSink } from '../../../src/core/adapter/inbound.js'
import type { RpcOutcome } from '../../../src/core/adapter/rpc-facet.js'
import type { InboundRequest } from '../../../src/core/adapter/service-facet.js'
import { RpcError } from '../../../src/core/errors/rpc.js'
import type { Value } from '../../../src/core/value.js'
import { until, within } from '../../support/adapter-context.js'
import { fakeServer, pongs } from './fake-server.js'
import { bytes, connected, type Rig, serverFor, stranger, text } from './harness.js'

/** Answers each request with what `handler` makes of it. */
const serving = (handler: (request: InboundRequest) => RpcOutcome): MessageSink<InboundRequest> => ({
  deliver(request) {
    void request.answer(handler(request)).catch(() => {})
    return true
  },
  lost() {},
  end() {},
})

const value = (value: Value): RpcOutcome => ({ ok: true, value })

async function served(rig: Rig, method: string, handler: (request: InboundRequest) => RpcOutcome) {
  return rig.adapter.service.serve(method, serving(handler), within())
}

/** What everybody answers on a subject of the services API. */
async function ask(client: NatsConnection, subject: string): Promise<Record<string, unknown>[]> {
  const answers: Record<string, unknown>[] = []
  for await (const answer of await client.requestMany(subject, undefined, {
    maxWait: 200,
    strategy: 'stall',
    stall: 100,
  }))
    answers.push(answer.json())
  return answers
}

test('a call of a method that nobody serves fails at once', async () => {
  const rig = await connected({ port: (await serverFor()).port })
  const error = await rig.adapter.rpc.call('nobody', 1, within(60_000)).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(RpcError)
  expect(error).toMatchObject({ code: -32_601, retryable: false })
})

test('the official client calls us, and is called: values, headers and errors', async () => {
  const server = await serverFor()
  const rig = await connected({ port: server.port })
  const client = await stranger(server)
  await served(rig, 'sum', ({ params, headers }) =>
    value({ sum: (params as number[])[0]! + 1, trace: headers?.trace ?? '' }),
  )
  await served(rig, 'fail', () => ({ ok: false, error: new RpcError(-7, 'two\nlines', { why: 1 }) }))
  const headers = natsHeaders()
  headers.set('trace', 'abc')
  const answer = await client.request('sum', '[41]', { headers, timeout: 2_000 })
  expect(answer.json()).toEqual({ sum: 42, trace: 'abc' })
  const failure = await client.request('fail', '', { timeout: 2_000 })
  expect(failure.headers?.get('Nats-Service-Error-Code')).toBe('-7')
  expect(failure.headers?.get('Nats-Service-Error')).toBe('two lines')
  expect(failure.json()).toEqual({ why: 1 })
  const nonsense = await client.request('sum', '{', { timeout: 2_000 })
  expect(nonsense.headers?.get('Nats-Service-Error-Code')).toBe('-32700')

  client.subscribe('theirs.*', {
    callback: (_, message) => {
      const refusal = natsHeaders()
      refusal.set('Nats-Service-Error', 'not today')
      refusal.set('Nats-Service-Error-Code', message.subject === 'theirs.odd' ? 'E-ODD' : '429')
      if (message.subject === 'theirs.echo')
        message.respond(JSON.stringify([message.json(), message.headers?.get('x')]))
      else message.respond('{"detail": true}', { headers: refusal })
    },
  })
  await client.flush()
  const context = { ...within(), headers: { x: 'y' } }
  expect(await rig.adapter.rpc.call('theirs/echo', { a: 1 }, context)).toEqual([{ a: 1 }, 'y'])
  await expect(rig.adapter.rpc.call('theirs.no', 1, within())).rejects.toMatchObject({
    kind: 'rpc',
    code: 429,
    message: 'not today',
    data: { detail: true },
  })
  await expect(rig.adapter.rpc.call('theirs.odd', 1, within())).rejects.toMatchObject({ code: -32_603 })
  await expect(rig.adapter.rpc.call('fail', 1, within())).rejects.toMatchObject({ message: 'two\nlines' })
})

test('methods present themselves as the services API has it, with what became of their requests', async () => {
  const server = await serverFor()
  const service = { name: 'shop', version: '1.2.3', description: 'sells' }
  const rig = await connected({ port: server.port, config: { service } })
  const client = await stranger(server)
  await served(rig, 'orders.get', ({ params }) =>
    params === 1 ? value('one') : { ok: false, error: new RpcError(4, 'no such order') },
  )
  const second = await served(rig, 'orders/list', () => value([]))
  for (const params of [1, 1, 2]) await rig.adapter.rpc.call('orders.get', params, within()).catch(() => {})

  const [ping] = await ask(client, '$SRV.PING')
  expect(ping).toMatchObject({
    type: 'io.nats.micro.v1.ping_response',
    name: 'shop',
    version: '1.2.3',
    metadata: {},
  })
  for (const subject of ['$SRV.INFO', '$SRV.INFO.shop', `$SRV.INFO.shop.${ping!.id}`])
    expect(await ask(client, subject), subject).toEqual([
      {
        ...ping,
        type: 'io.nats.micro.v1.info_response',
        description: 'sells',
        endpoints: [
          { name: 'orders_get', subject: 'orders.get', queue_group: 'q', metadata: {} },
          { name: 'orders_list', subject: 'orders.list', queue_group: 'q', metadata: {} },
        ],
      },
    ])
  const [stats] = await ask(client, '$SRV.STATS.shop')
  expect(stats).toMatchObject({ type: 'io.nats.micro.v1.stats_response', id: ping!.id })
  expect(Date.parse(String(stats!.started))).toBeGreaterThan(0)
  expect(stats!.endpoints).toMatchObject([
    { name: 'orders_get', num_requests: 3, num_errors: 1, last_error: 'RpcError' },
    { name: 'orders_list', num_requests: 0, num_errors: 0, average_processing_time: 0 },
  ])
  await second.close()
  const [info] = await ask(client, '$SRV.INFO.shop')
  expect(info!.endpoints).toHaveLength(1)
  await expect(client.request('orders.list', '', { timeout: 500 })).rejects.toThrow('no responders')
})

test('servers of one method share its requests, and a notification takes no answer', async () => {
  const server = await serverFor()
  const rigs = [await connected({ port: server.port }), await connected({ port: server.port })]
  const taken = [0, 0]
  for (const [i, rig] of rigs.entries())
    await served(rig, 'shared', () => {
      taken[i]!++
      return value(i)
    })
  const client = await stranger(server)
  for (let n = 0; n < 60; n++) await client.request('shared', '', { timeout: 2_000 })
  expect(taken[0]! + taken[1]!).toBe(60)
  expect(Math.min(...taken)).toBeGreaterThan(0)
  const asked: (Value | undefined)[] = []
  await served(rigs[0]!, 'told', ({ params }) => {
    asked.push(params)
    return value('nobody hears this')
  })
  await rigs[1]!.adapter.rpc.notify('told', { n: 1 }, within())
  await rigs[1]!.adapter.rpc.call('told', { n: 2 }, within())
  expect(asked).toEqual([{ n: 1 }, { n: 2 }])
})

test('an answer that the server would not take is an error for the caller', async () => {
  const server = await serverFor({ config: ['max_payload: 1000'] })
  const rig = await connected({ port: server.port })
  await served(rig, 'large', () => value('x'.repeat(2_000)))
  const error = await rig.adapter.rpc.call('large', 1, within()).catch((error: unknown) => error)
  expect(error).toMatchObject({ kind: 'rpc', code: -32_603 })
  expect((error as Error).message).toContain('max_payload')
})

test('an answer larger than limits.frame is left out, and the caller hears of it', async () => {
  const server = await serverFor()
  const client = await stranger(server)
  client.subscribe('large', { callback: (_, message) => void message.respond(Buffer.alloc(5_000)) })
  await client.flush()
  const rig = await connected({ port: server.port, limits: { memory: 1e9, frame: 1_000 } })
  await expect(rig.adapter.rpc.call('large', 1, within())).rejects.toMatchObject({ kind: 'serialize' })
  expect(rig.context.lost).toEqual([])
  client.subscribe('small', { callback: (_, message) => void message.respond(bytes('"ok"')) })
  await client.flush()
  expect(text(bytes(String(await rig.adapter.rpc.call('small', 1, within()))))).toBe('ok')
})

test('a method that is served again drops no request, and stays known', async () => {
  const server = await serverFor()
  const rig = await connected({ port: server.port })
  const client = await stranger(server)
  let current = await served(rig, 'swap', () => value(0))
  let calling = true
  const answers: number[] = []
  const callers = Array.from({ length: 20 }, async () => {
    while (calling) answers.push((await client.request('swap', '1', { timeout: 5_000 })).json<number>())
  })
  for (let n = 1; n <= 20; n++) {
    const next = await served(rig, 'swap', () => value(n))
    await current.close()
    current = next
  }
  calling = false
  await Promise.all(callers)
  expect(answers.length).toBeGreaterThan(20)
  expect(answers.filter((answer) => !Number.isInteger(answer))).toEqual([])
  const [info] = await ask(client, '$SRV.INFO')
  expect(info).toMatchObject({ endpoints: [{ name: 'swap' }] })
  await current.close()
  expect(await ask(client, '$SRV.PING')).toEqual([])
})

test('a method that finishes answers what the server had sent', async () => {
  const server = await serverFor()
  const rig = await connected({ port: server.port })
  const client = await stranger(server)
  const subscription = await served(rig, 'last', () => value(7))
  const answers = Promise.all(
    Array.from({ length: 500 }, () => client.request('last', '1', { timeout: 20_000 })),
  )
  await client.flush()
  await subscription.finish!()
  expect(new Set((await answers).map((answer) => answer.json()))).toEqual(new Set([7]))
})

test('a request that comes while its method is withdrawn is answered', async () => {
  const server = await serverFor()
  const rig = await connected({ port: server.port })
  const client = await stranger(server)
  for (let n = 0; n < 20; n++) {
    const subscription = await served(rig, 'brief', () => value(n))
    const answers = Promise.all(
      Array.from({ length: 10 }, () => client.request('brief', '1', { timeout: 5_000 })),
    )
    const [results] = await Promise.all([answers.catch((error: Error) => error), subscription.close()])
    // Nobody is there any more, or an answer came: nobody waits in vain.
    if (results instanceof Error) expect(results.message).toContain('no responders')
  }
})

test('an answer is settled when the socket has room for it', async () => {
  const requests = 40
  const server = await fakeServer(undefined, (socket, text) => {
    pongs(socket, text)
    const sid = /^SUB large \S+ (\d+)\r\n/m.exec(text)?.[1]
    if (sid === undefined) return
    // The answers go over the main connection, which the server does not read now.
    server.sockets[0]!.pause()
    for (let n = 0; n < requests; n++) socket.write(`MSG large ${sid} reply.${n} 0\r\n\r\n`)
  })
  const rig = await connected({ port: server.port })
  let asked = 0
  let settled = 0
  await rig.adapter.service.serve(
    'large',
    {
      deliver(request) {
        asked++
        request.answer(value('x'.repeat(1_000_000))).then(
          () => settled++,
          () => {},
        )
        return true
      },
      lost() {},
      end() {},
    },
    within(),
  )
  await until(() => asked === requests, 'the requests arrive')
  expect(settled).toBeLessThan(requests)
  server.sockets[0]!.resume()
  await until(() => settled === requests, 'the server has read the answers')
})
