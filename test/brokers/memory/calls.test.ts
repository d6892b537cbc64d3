import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Frame, RESULT_WINDOW, type ToClient } from '../../../src/brokers/memory/line.js'
import type { InboundRequest } from '../../../src/core/adapter/service-facet.js'
import { systemClock } from '../../../src/core/clock.js'
import { ConnectionError } from '../../../src/core/errors/connection.js'
import { SerializeError, TimeoutError } from '../../../src/core/errors/operation.js'
import { SubscribeError } from '../../../src/core/errors/pubsub.js'
import { RpcError } from '../../../src/core/errors/rpc.js'
import type { Value } from '../../../src/core/value.js'
import { Bench, operation, requests, until } from './harness.js'

describe('calls through the memory broker', () => {
  let bench: Bench
  beforeEach(() => {
    bench = new Bench()
  })
  afterEach(() => bench.stop())

  it('carries parameters and results as they are', async () => {
    const caller = (await bench.actor()).adapter.rpc!
    const sink = requests()
    await (await bench.actor()).adapter.service!.serve('echo', sink, operation())
    const values: Value[] = [null, 0, -0, 1e300, 'ä', [1, [2]], { a: { b: [] } }, new Uint8Array([1, 2])]
    for (const [i, value] of values.entries()) {
      const answer = caller.call('echo', value, operation())
      await until(() => sink.got.length === i + 1, 'the request arrives')
      expect(sink.got[i]!.topic).toBe('echo')
      await sink.got[i]!.answer({ ok: true, value: sink.got[i]!.params! })
      await sink.got[i]!.answer({ ok: true, value: 'too late' })
      expect(await answer).toEqual(value)
    }
  })

  it('holds back the results that a caller has no room for, and their servers', async () => {
    const sink = requests()
    await (await bench.actor()).adapter.service!.serve('large', sink, operation())
    const caller = bench.line()
    const weights: number[] = []
    caller.on('message', ({ entries }: Frame<ToClient>) => {
      for (const entry of entries) if (entry.op === 'result') weights.push(entry.weight)
    })
    const deadline = systemClock.monotonic() + 60_000
    const calls = Array.from({ length: 10 }, (_, id) => ({ op: 'call', id, method: 'large', deadline }))
    caller.postMessage({ entries: calls })
    await until(() => sink.got.length === 10, 'the requests arrive')
    let settled = 0
    const answers = sink.got.map(async (request) => {
      await request.answer({ ok: true, value: 'x'.repeat(RESULT_WINDOW / 4) })
      settled++
    })
    await until(() => weights.length === 4 && settled === 4, 'the window is full')
    // Later entries of the broker arrive before it sends more.
    for (let n = 4; n < 10; n++) {
      caller.postMessage({ entries: [{ op: 'took', weight: weights[0] }] })
      await until(() => weights.length === n + 1 && settled === n + 1, 'one more')
    }
    await Promise.all(answers)
    expect(bench.broker.counts.bytes).toBe(0)
    caller.close()
  })

  it('lets servers go on when a caller leaves with results that wait', async () => {
    const sink = requests()
    await (await bench.actor()).adapter.service!.serve('large', sink, operation())
    const caller = bench.line()
    caller.on('message', () => {})
    const deadline = systemClock.monotonic() + 60_000
    const calls = Array.from({ length: 5 }, (_, id) => ({ op: 'call', id, method: 'large', deadline }))
    caller.postMessage({ entries: calls })
    await until(() => sink.got.length === 5, 'the requests arrive')
    const answers = sink.got.map((request) => request.answer({ ok: true, value: 'x'.repeat(RESULT_WINDOW) }))
    await until(() => bench.broker.counts.bytes > 0, 'results wait')
    caller.close()
    await Promise.all(answers)
    expect(bench.broker.counts.bytes).toBe(0)
  })

  it('disconnects a client that returns more credit than it was given', async () => {
    const line = bench.line()
    const closed = new Promise((resolve) => line.once('close', resolve))
    line.postMessage({ entries: [{ op: 'took', weight: 1 }] })
    await closed
  })

  it('carries the error of the server', async () => {
    const caller = (await bench.actor()).adapter.rpc!
    const sink = requests()
    await (await bench.actor()).adapter.service!.serve('fail', sink, operation())
    const first = caller.call('fail', undefined, operation())
    const second = caller.call('fail', undefined, operation())
    await until(() => sink.got.length === 2, 'the requests arrive')
    expect(sink.got[0]!.params).toBeUndefined()
    const failed = Promise.all([
      expect(first).rejects.toMatchObject({ kind: 'rpc', code: 42, message: 'no', data: { why: [1] } }),
      expect(second).rejects.toMatchObject({ kind: 'rpc', code: -32_603, message: 'odd' }),
    ])
    await sink.got[0]!.answer({ ok: false, error: new RpcError(42, 'no', { why: [1] }) })
    await sink.got[1]!.answer({ ok: false, error: new TypeError('odd') })
    await failed
  })

  it('says at once that nobody serves a method', async () => {
    const { rpc, service } = (await bench.actor()).adapter
    const nobody = { code: -32_601, message: 'no server is registered for method "x"' }
    await expect(rpc!.call('x', 1, operation())).rejects.toMatchObject(nobody)
    await expect(rpc!.notify('x', 1, operation())).rejects.toMatchObject(nobody)
    const serving = await service!.serve('x', requests(), operation())
    await serving.close()
    await expect(rpc!.call('x', 1, operation())).rejects.toMatchObject(nobody)
    await expect(service!.serve('', requests(), operation())).rejects.toBeInstanceOf(SubscribeError)
  })

  it('asks the servers of a method in turn', async () => {
    const caller = (await bench.actor()).adapter.rpc!
    const sinks = [requests(), requests(), requests()]
    for (const sink of sinks) await (await bench.actor()).adapter.service!.serve('m', sink, operation())
    const answers = Promise.all(Array.from({ length: 9 }, () => caller.call('m', 1, operation())))
    await until(() => sinks.every(({ got }) => got.length === 3), 'each has three')
    for (const { got } of sinks) for (const request of got) await request.answer({ ok: true, value: 1 })
    expect(await answers).toEqual(Array(9).fill(1))
  })

  it('tells the caller when the server is killed before it answered', async () => {
    const caller = (await bench.actor()).adapter.rpc!
    const server = await bench.actor()
    const sink = requests()
    await server.adapter.service!.serve('m', sink, operation())
    const answer = caller.call('m', 1, operation())
    await until(() => sink.got.length === 1, 'the request arrives')
    server.kill()
    await expect(answer).rejects.toMatchObject({
      kind: 'connection',
      retryable: true,
      reason: /server of method m/,
    })
    await until(() => server.lost.length === 1, 'the server has noticed')
    await expect(sink.got[0]!.answer({ ok: true, value: 1 })).rejects.toBeInstanceOf(ConnectionError)
  })

  it('drops the answer when the caller is gone', async () => {
    const caller = await bench.actor()
    const server = (await bench.actor()).adapter
    const sink = requests()
    await server.service!.serve('m', sink, operation())
    const answer = caller.adapter.rpc!.call('m', 1, operation())
    await until(() => sink.got.length === 1, 'the request arrives')
    caller.kill()
    await expect(answer).rejects.toBeInstanceOf(ConnectionError)
    await until(() => bench.broker.counts.connections === 1, 'the broker has noticed')
    await sink.got[0]!.answer({ ok: true, value: 1 })
    await server.ping!(new AbortController().signal)
    expect(bench.log).toEqual([])
  })

  it('resolves a notification when a server has taken it, and drops what is answered', async () => {
    const caller = (await bench.actor()).adapter.rpc!
    const sink = requests()
    await (await bench.actor()).adapter.service!.serve('log', sink, operation())
    await caller.notify('log', { line: 'x' }, operation())
    expect(sink.got[0]!.params).toEqual({ line: 'x' })
    await sink.got[0]!.answer({ ok: false, error: new Error('of no interest') })
  })

  it('keeps requests for a server that asks to hold back, and tells their callers when it ends', async () => {
    const caller = (await bench.actor()).adapter.rpc!
    const sink = requests()
    sink.room = false
    const serving = await (await bench.actor()).adapter.service!.serve('m', sink, operation())
    const answers = Array.from({ length: 5 }, (_, i) => caller.call('m', i, operation()))
    await until(() => sink.got.length === 1, 'the first arrives')
    await caller.call('none', 1, operation()).catch(() => {})
    serving.resume()
    await until(() => sink.got.length === 2, 'one more arrives')
    for (const request of sink.got) await request.answer({ ok: true, value: request.params! })
    await serving.close()
    const outcomes = await Promise.allSettled(answers)
    expect(outcomes.slice(0, 2)).toEqual([
      { status: 'fulfilled', value: 0 },
      { status: 'fulfilled', value: 1 },
    ])
    for (const outcome of outcomes.slice(2))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: -32_601, notExecuted: true } })
  })

  it('loses no call while a method is served again and again under load', async () => {
    const caller = (await bench.actor()).adapter.rpc!
    const { service } = (await bench.actor()).adapter
    const serve = () => {
      const deliver = (request: InboundRequest) => {
        void request.answer({ ok: true, value: request.params! })
        // Every request asks to hold back, so that some are held when the service ends.
        return false
      }
      return service!.serve('m', { deliver, lost() {}, end() {} }, operation())
    }
    let serving = await serve()
    const calls: Promise<Value>[] = []
    const resume = setInterval(() => serving.resume(), 1)
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 25; i++) calls.push(caller.call('m', calls.length, operation()))
      const next = await serve()
      await serving.close()
      serving = next
    }
    const answers = await Promise.all(calls)
    clearInterval(resume)
    expect(answers).toEqual(calls.map((_, i) => i))
  })

  it('refuses requests as busy when their server holds as many bytes as it may', async () => {
    const caller = (await bench.actor()).adapter.rpc!
    const sink = requests()
    sink.room = false
    const serving = await (await bench.actor(undefined, 100_000)).adapter.service!.serve(
      'm',
      sink,
      operation(),
    )
    const calls = Array.from({ length: 20 }, () => caller.call('m', 'x'.repeat(10_000), operation()))
    const outcomes = Promise.allSettled(calls)
    const busy = { code: -32_000, retryable: true, notExecuted: true }
    await expect(
      Promise.any(
        calls.map((call) =>
          call.then(
            () => {},
            (error) => error,
          ),
        ),
      ),
    ).resolves.toMatchObject(busy)
    sink.room = true
    serving.resume()
    const answer = setInterval(() => {
      for (const request of sink.got.splice(0)) void request.answer({ ok: true, value: 1 })
    }, 1)
    const settled = await outcomes
    clearInterval(answer)
    expect(settled.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(3)
  })

  it('ends a call that nobody answers at its deadline', async () => {
    const caller = (await bench.actor()).adapter.rpc!
    await (await bench.actor()).adapter.service!.serve('m', requests(), operation())
    const answer = caller.call('m', 1, operation(undefined, 20))
    await expect(answer).rejects.toBeInstanceOf(TimeoutError)
    await expect(answer).rejects.toMatchObject({ operation: 'call m' })
  })

  it('refuses values that cannot cross, without harm to what travels beside them', async () => {
    const caller = (await bench.actor()).adapter.rpc!
    const sink = requests()
    await (await bench.actor()).adapter.service!.serve('m', sink, operation())
    const odd = (() => 1) as unknown as Value
    const bad = caller.call('m', { odd }, operation())
    const good = caller.call('m', 2, operation())
    const unanswered = caller.call('m', 3, operation())
    await expect(bad).rejects.toBeInstanceOf(SerializeError)
    await until(() => sink.got.length === 2, 'the others arrive')
    await sink.got[0]!.answer({ ok: true, value: 'fine' })
    await sink.got[1]!.answer({ ok: true, value: odd })
    expect(await good).toBe('fine')
    await expect(unanswered).rejects.toMatchObject({ kind: 'rpc', code: -32_603 })
  })

  it('bounds the calls of a line that wait', async () => {
    await bench.stop()
    bench = new Bench({ calls: 3 })
    const caller = await bench.actor()
    const sink = requests()
    await (await bench.actor()).adapter.service!.serve('m', sink, operation())
    const waiting = [1, 2, 3].map((n) => caller.adapter.rpc!.call('m', n, operation()))
    await expect(caller.adapter.rpc!.call('m', 4, operation())).rejects.toMatchObject({
      code: -32_000,
      retryable: true,
    })
    await caller.adapter.disconnect()
    for (const one of await Promise.allSettled(waiting)) expect(one.status).toBe('rejected')
  })
})
