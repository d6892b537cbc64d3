import { describe, expect, test } from 'vitest'
import { guardedService } from '../../src/authentication/guarded-service.js'
import type { MessageSink } from '../../src/core/adapter/inbound.js'
import type { RefusalReport } from '../../src/core/adapter/protocol-adapter.js'
import type { RpcOutcome } from '../../src/core/adapter/rpc-facet.js'
import type { InboundRequest, ServiceFacet } from '../../src/core/adapter/service-facet.js'
import type { Headers } from '../../src/core/value.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { operation } from '../support/adapter-context.js'
import { waitFor } from '../support/wait-for.js'
import { jwtScheme, sign, subject } from './support.js'

async function served(deliver: (request: InboundRequest) => boolean = () => true) {
  const { authentication } = subject(jwtScheme(), undefined, {
    methods: { write: { auth: 'required', scopes: ['w'], roles: [] } },
  })
  let adapterSink: MessageSink<InboundRequest>
  let resumed = 0
  const facet: ServiceFacet = {
    async serve(_method, sink) {
      adapterSink = sink
      return { resume: () => resumed++, close: async () => {} }
    },
  }
  const refused: RefusalReport[] = []
  const received: InboundRequest[] = []
  const sink: MessageSink<InboundRequest> = {
    deliver(request) {
      received.push(request)
      return deliver(request)
    },
    lost: () => {},
    end: () => {},
  }
  const guarded = guardedService(facet, authentication, {
    clock: new ManualClock(),
    refused: (report) => refused.push(report),
  })
  const subscription = await guarded.serve('write', sink, operation())
  const answers: RpcOutcome[] = []
  const request = (headers?: Headers) =>
    adapterSink.deliver({
      topic: 'write',
      payload: new Uint8Array(),
      params: 1,
      answer: async (outcome) => void answers.push(outcome),
      ...(headers && { headers }),
    })
  return { request, received, answers, refused, subscription, resumed: () => resumed }
}

describe('a method that is served through a broker', () => {
  test('gets the identity in place of the credentials', async () => {
    const { request, received } = await served()
    request({ Authorization: `Bearer ${await sign({ scope: 'w' })}`, trace: 'a' })
    await waitFor(() => received.length === 1, { what: () => 'the request' })
    expect(received[0]).toMatchObject({ params: 1, identity: { subject: 'ann' }, headers: { trace: 'a' } })
    expect(received[0]!.headers).toEqual({ trace: 'a' })
  })

  test('answers a refused caller with an error, and records it', async () => {
    const { request, received, answers, refused } = await served()
    request()
    request({ authorization: 'Bearer nonsense' })
    request({ authorization: `Bearer ${await sign({})}` })
    request({ authorization: `Bearer ${await sign({ scope: 'w' })}`, Authorization: 'Bearer x' })
    await waitFor(() => answers.length === 4, { what: () => 'the answers' })
    const codes = answers.map((answer) => !answer.ok && (answer.error as Error & { code?: number }).code)
    expect(codes.sort()).toEqual([-32_001, -32_001, -32_001, -32_003])
    expect(received).toEqual([])
    expect(refused).toHaveLength(4)
    expect(refused[0]).toEqual({
      count: 1,
      method: 'write',
      scheme: 'jwt',
      reason: 'the caller has presented no credentials',
    })
  })

  test('holds the broker back while the host has no room, and while many callers are being identified', async () => {
    const full = await served(() => false)
    const headers = { authorization: `Bearer ${await sign({ scope: 'w' })}` }
    expect(full.request(headers)).toBe(true)
    await waitFor(() => full.received.length === 1, { what: () => 'the request' })
    expect(full.request(headers)).toBe(false)
    expect(full.resumed()).toBe(0)
    full.subscription.resume()
    expect(full.resumed()).toBe(1)
    const many = await served()
    const tokens = await Promise.all(
      Array.from({ length: 300 }, (_, n) => sign({ scope: 'w', jti: String(n) })),
    )
    const results = tokens.map((token) => many.request({ authorization: `Bearer ${token}` }))
    expect(results[0]).toBe(true)
    expect(results.at(-1)).toBe(false)
    await waitFor(() => many.received.length === 300, { what: () => 'the requests' })
    expect(many.resumed()).toBeGreaterThan(0)
  })
})
