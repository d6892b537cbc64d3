import { connectAsync } from 'mqtt'
import { describe, expect, it } from 'vitest'
import type { RpcOutcome } from '../../../src/core/adapter/rpc-facet.js'
import type { InboundRequest } from '../../../src/core/adapter/service-facet.js'
import { ConnectionError } from '../../../src/core/errors/connection.js'
import { SerializeError, UnsupportedError } from '../../../src/core/errors/operation.js'
import { RpcError } from '../../../src/core/errors/rpc.js'
import type { Value } from '../../../src/core/value.js'
import { until, within } from '../../support/adapter-context.js'
import { FaultProxy } from '../../support/fault-proxy.js'
import { testBroker } from './broker.js'
import { bytes, Collector, type Fixture } from './fixture.js'

const { broker, client } = await testBroker()

function outcomeOf(handler: (params: Value | undefined) => Value, params: Value | undefined): RpcOutcome {
  try {
    return { ok: true, value: handler(params) }
  } catch (error) {
    return { ok: false, error: error as Error }
  }
}

/** Serves `method` with a function. */
async function serve(fixture: Fixture, method: string, handler: (params: Value | undefined) => Value) {
  const requests: InboundRequest[] = []
  const subscription = await fixture.adapter.service!.serve(
    method,
    {
      deliver(request) {
        requests.push(request)
        // The last answers may be on their way when a test ends its connections.
        request.answer(outcomeOf(handler, request.params)).catch(() => {})
        return true
      },
      lost() {},
      end() {},
    },
    within(),
  )
  return { requests, subscription }
}

describe('calls over MQTT 5', () => {
  it('answers many calls at once, each its own', async () => {
    const server = await client()
    await serve(server, 'math/double', (params) => (params as number) * 2)
    const { adapter } = await client()
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => adapter.rpc!.call('math/double', i, within())),
    )
    expect(answers).toEqual(Array.from({ length: 100 }, (_, i) => i * 2))
  })

  it('carries an error with code, message and data', async () => {
    await serve(await client(), 'fails', () => {
      throw new RpcError(42, 'no such user', { id: 7 })
    })
    await serve(await client(), 'breaks', () => {
      throw new Error('password is hunter2')
    })
    const { adapter } = await client()
    const error = await adapter.rpc!.call('fails', null, within()).catch((e) => e)
    expect(error).toBeInstanceOf(RpcError)
    expect(error).toMatchObject({ code: 42, message: 'no such user', data: { id: 7 } })
    const internal = await adapter.rpc!.call('breaks', null, within()).catch((e) => e)
    expect(internal).toMatchObject({ code: -32603, message: 'internal error' })
  })

  it('says at once that nobody serves a method', async () => {
    const { adapter } = await client()
    await expect(adapter.rpc!.call('nobody/home', null, within(30_000))).rejects.toMatchObject({
      kind: 'rpc',
      code: -32601,
    })
  })

  it('shares the calls among the servers of a group', async () => {
    const servers = await Promise.all([client(), client()])
    const served = await Promise.all(servers.map((server) => serve(server, 'shared', () => null)))
    const { adapter } = await client()
    for (let i = 0; i < 20; i++) await adapter.rpc!.call('shared', i, within())
    const counts = served.map(({ requests }) => requests.length)
    expect(counts[0]! + counts[1]!).toBe(20)
    expect(Math.min(...counts)).toBeGreaterThan(0)
  })

  it('delivers a notification, whose answer goes nowhere', async () => {
    const { requests } = await serve(await client(), 'log', () => null)
    const { adapter } = await client()
    await adapter.rpc!.notify('log', { line: 'x' }, within())
    await until(() => requests.length === 1, 'the notification')
    expect(requests[0]).toMatchObject({ topic: 'log', params: { line: 'x' } })
  })

  it('carries calls without parameters, and tells the caller of a result that cannot be encoded', async () => {
    const { requests } = await serve(await client(), 'odd', (params) =>
      params === undefined ? null : ({ big: 1n } as unknown as Value),
    )
    const { adapter } = await client()
    expect(await adapter.rpc!.call('odd', undefined, within())).toBeNull()
    expect(requests[0]!.params).toBeUndefined()
    await expect(adapter.rpc!.call('odd', 1, within())).rejects.toMatchObject({ kind: 'rpc', code: -32603 })
  })

  it('serves no more after close', async () => {
    const { subscription } = await serve(await client(), 'short', () => 1)
    const { adapter } = await client()
    expect(await adapter.rpc!.call('short', null, within())).toBe(1)
    await subscription.close()
    await expect(adapter.rpc!.call('short', null, within())).rejects.toBeInstanceOf(RpcError)
  })

  it('gives up with the attempt, and rejects what is awaited when the connection is lost', async () => {
    await (await client()).adapter.service!.serve('silent', new Collector<InboundRequest>(), within())
    const proxy = await FaultProxy.start(broker.port)
    const { adapter } = await client({}, { port: proxy.port })
    await expect(adapter.rpc!.call('silent', null, within(50))).rejects.toMatchObject({ kind: 'timeout' })
    const calls = [1, 2].map((i) => adapter.rpc!.call('silent', i, within(20_000)).catch((e) => e))
    await adapter.ping!(AbortSignal.timeout(2_000))
    proxy.reset()
    for (const call of calls) expect(await call).toBeInstanceOf(ConnectionError)
    proxy.close()
  })

  it('answers a request that cannot be decoded with an error, and survives an answer that cannot', async () => {
    const { requests } = await serve(await client(), 'strict', () => null)
    const foreign = await connectAsync(broker.url, { protocolVersion: 5 })
    const replies: (string | string[] | undefined)[] = []
    foreign.on('message', (_topic, _payload, packet) =>
      replies.push(packet.properties?.userProperties?.['nemo-error']),
    )
    await foreign.subscribeAsync('back')
    await foreign.publishAsync('strict', '{broken', { properties: { responseTopic: 'back' } })
    await until(() => replies.length === 1, 'the error')
    expect(JSON.parse(String(replies[0]))).toMatchObject({ code: -32700 })
    expect(requests).toEqual([])

    await foreign.subscribeAsync('garbage')
    foreign.on('message', (topic, _payload, packet) => {
      const { responseTopic, correlationData } = packet.properties ?? {}
      if (topic !== 'garbage' || responseTopic === undefined || correlationData === undefined) return
      foreign.publish(responseTopic, 'unexpected', { properties: { correlationData: Buffer.alloc(9) } })
      foreign.publish(responseTopic, '{broken', { properties: { correlationData } })
    })
    const { adapter } = await client()
    await expect(adapter.rpc!.call('garbage', null, within())).rejects.toBeInstanceOf(SerializeError)
    await foreign.endAsync()
  })
})

describe('calls over MQTT 3.1.1', () => {
  it('are unsupported; notifications are not', async () => {
    const config = { protocol_version: '3.1.1' }
    const { requests } = await serve(await client(config), 'log', () => null)
    const { adapter } = await client(config)
    await expect(adapter.rpc!.call('log', null, within())).rejects.toBeInstanceOf(UnsupportedError)
    await adapter.rpc!.notify('log', 'x', within())
    await until(() => requests.length === 1, 'the notification')
    await expect(requests[0]!.answer({ ok: true, value: bytes('x') })).resolves.toBeUndefined()
  })
})
