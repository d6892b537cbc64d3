import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { IntegrationError } from '../../../src/core/errors/integration-error.js'
import { until } from '../../support/adapter-context.js'
import { StepClock } from '../../support/step-clock.js'
import { type Fixture, mqttFixture } from './fixture.js'
import { FakeServer } from './support/fake-server.js'

let server: FakeServer
let fixture: Fixture
afterEach(async () => {
  await fixture?.adapter.disconnect()
  await server?.stop()
})

/** A server that does `onData` with what a client says first. */
async function start(scheme: string, onData: (socket: Socket) => void): Promise<StepClock> {
  server = await FakeServer.start((socket) => socket.once('data', () => onData(socket)))
  const clock = new StepClock()
  const endpoint = { addresses: [`${scheme}://127.0.0.1`], port: server.port }
  fixture = mqttFixture(server.port, {}, { endpoint, timeoutMs: 10_000 }, { clock })
  return clock
}

const failed = (): Promise<IntegrationError> =>
  fixture.adapter.connect(new AbortController().signal).then(
    () => expect.unreachable('it connected'),
    (error) => error,
  )

describe('a server that is silent', () => {
  it.each([
    ['mqtt', 'CONNACK'],
    ['mqtts', 'TLS handshake'],
    ['ws', 'CONNACK'],
  ])('is named with what was awaited of it over %s: %s', async (scheme, awaited) => {
    let isAsked = false
    const clock = await start(scheme, () => {
      isAsked = true
    })
    const failing = failed()
    await until(() => isAsked, 'the client to ask')
    await clock.advance(10_000)
    expect(await failing).toMatchObject({
      kind: 'connection',
      retryable: true,
      message: expect.stringContaining(`127.0.0.1:${server.port}: no ${awaited} within 9500 ms`),
    })
    await until(() => server.open === 0, 'the connection to be closed')
  })
})

describe('a server that cuts off the connection before CONNACK', () => {
  it.each([
    ['mqtt', 'does this port require TLS (mqtts://)?'],
    ['ws', 'does this port require TLS (wss://)?'],
    ['mqtts', 'does this port speak TLS?'],
    ['wss', 'does this port speak TLS?'],
  ])('gives a hint over %s: %s', async (scheme, hint) => {
    await start(scheme, (socket) => socket.resetAndDestroy())
    expect((await failed()).message).toContain(hint)
  })

  it('gives a hint when it just closes', async () => {
    await start('mqtt', (socket) => socket.destroy())
    expect((await failed()).message).toContain('before CONNACK; does this port require TLS (mqtts://)?')
  })

  it('gives a hint when it answers with an alert of TLS', async () => {
    await start('mqtt', (socket) => socket.end(Buffer.from('15030100020246', 'hex')))
    expect((await failed()).message).toContain('a TLS alert instead of CONNACK')
  })
})
