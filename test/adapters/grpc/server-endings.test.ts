import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import type { MessageSink } from '../../../src/core/adapter/inbound.js'
import type { InboundRequest } from '../../../src/core/adapter/service-facet.js'
import { ByteBudget } from '../../../src/core/byte-budget.js'
import { operation, until, within } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { connected, never, rigFor, served } from './harness.js'

/** Takes requests, and leaves it to the test to answer. */
class Pending implements MessageSink<InboundRequest> {
  readonly requests: InboundRequest[] = []
  readonly #answer: string | undefined

  constructor(answer?: string) {
    this.#answer = answer
  }

  deliver(request: InboundRequest): boolean {
    this.requests.push(request)
    if (this.#answer !== undefined) void request.answer({ ok: true, value: this.#answer })
    return true
  }
  lost(): void {}
  end(): void {}
}

test('a server that stops answers the calls under way, and takes no more', async () => {
  const { adapter, address } = await served({})
  const sink = new Pending()
  const subscription = await adapter.service!.serve('a.B/C', sink, operation())
  const { rpc, context } = await connected(address)
  const calls = [1, 2, 3].map((n) => rpc.call('a.B/C', n, within()))
  await until(() => sink.requests.length === 3, 'the calls are there')
  await subscription.detach!()
  await until(() => context.lost.length === 1, 'callers are asked to leave')
  expect(await failureOf(rigFor(address).adapter.connect(never()))).toMatchObject({ kind: 'connection' })
  for (const request of sink.requests) await request.answer({ ok: true, value: request.params! })
  expect(await Promise.all(calls)).toEqual([1, 2, 3])
  await adapter.disconnect()
  expect(sink.requests.length).toBe(3)
})

test('calls that nobody answers before the end are refused as unavailable', async () => {
  const { adapter, address } = await served({})
  const sink = new Pending()
  await adapter.service!.serve('a.B/C', sink, operation())
  const { rpc } = await connected(address)
  const call = failureOf(rpc.call('a.B/C', 1, operation()))
  await until(() => sink.requests.length === 1, 'the call is there')
  await adapter.disconnect()
  const error = await call
  expect(error).toMatchObject({ kind: 'connection', errorClass: 'service-unavailable' })
  expect(error.message).toMatch(/the server is shutting down/)
  // Too late, and harmless.
  await sink.requests[0]!.answer({ ok: true, value: 1 })
})

test('the address that it listens on is shown while it listens', async () => {
  const { adapter, address } = await served({})
  const [host, port] = address.split(':')
  expect(adapter.listening).toEqual({ address: host, port: Number(port) })
  await adapter.disconnect()
  expect(adapter.listening).toBeUndefined()
})

test('serving a served method replaces it, and no call finds it missing', async () => {
  const { adapter, address } = await served({ 'a.B/Other': () => 1 })
  const first = await adapter.service!.serve('a.B/C', new Pending('first'), operation())
  const { rpc } = await connected(address)
  expect(await rpc.call('a.B/C', null, within())).toBe('first')
  let stopped = false
  const answers = new Set<unknown>()
  const caller = (async () => {
    while (!stopped) answers.add(await rpc.call('a.B/C', null, within()))
  })()
  const second = await adapter.service!.serve('a.B.C', new Pending('second'), operation())
  await first.close()
  await until(() => answers.has('second'), 'the second answers')
  stopped = true
  await caller
  expect([...answers].filter((answer) => answer !== 'first' && answer !== 'second')).toEqual([])
  await second.close()
  expect(await failureOf(rpc.call('a.B/C', null, within()))).toMatchObject({ code: status.UNIMPLEMENTED })
  expect(await rpc.call('a.B/Other', null, within())).toBe(1)
})

test('requests that are being served are counted, and refused when there is no memory for more', async () => {
  const server = await served({})
  const { adapter, address, context } = server
  // One caller may hold half of it.
  const budget = new ByteBudget(4_004)
  Object.assign(context, { budget })
  await adapter.connect(never())
  const sink = new Pending()
  await adapter.service!.serve('a.B/C', sink, operation())
  const { rpc } = await connected(`127.0.0.1:${adapter.listening!.port}`)
  const call = rpc.call('a.B/C', 'x'.repeat(2_000), within())
  await until(() => sink.requests.length === 1, 'the call is there')
  expect(budget.held).toBe(2_002)
  expect(await failureOf(rpc.call('a.B/C', null, within()))).toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
  })
  await sink.requests[0]!.answer({ ok: true, value: 'done' })
  expect(await call).toBe('done')
  expect(budget.held).toBe(0)
  expect(address).not.toBe('')
})
