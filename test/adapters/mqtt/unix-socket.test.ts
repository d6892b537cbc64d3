import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { brokerAddress } from '../../../src/adapters/mqtt/endpoint.js'
import { until, within } from '../../support/adapter-context.js'
import { startMosquitto } from '../../support/mosquitto.js'
import { bytes, Collector, mqttFixture } from './fixture.js'

it('speaks over a Unix socket', async () => {
  const broker = await startMosquitto()
  const folder = mkdtempSync(join(tmpdir(), 'nemo-unix-'))
  const path = join(folder, 'broker.sock')
  const bridge = createServer((client) => {
    const peer = connect(broker.port, '127.0.0.1')
    for (const socket of [client, peer]) socket.on('error', () => {})
    client.pipe(peer).pipe(client)
  })
  await new Promise<void>((resolve) => bridge.listen(path, resolve))
  const { adapter } = mqttFixture(0, {}, { endpoint: { addresses: [`unix:${path}`] } })
  await adapter.connect(AbortSignal.timeout(5_000))
  const sink = new Collector()
  await adapter.pubsub!.subscribe('t', { qos: 1 }, sink, within())
  await adapter.pubsub!.publish('t', bytes('x'), { qos: 1 }, within())
  await until(() => sink.messages.length === 1, 'the message')
  await adapter.disconnect()
  bridge.close()
  await broker.stop()
  rmSync(folder, { recursive: true, force: true })
})

it.each([
  ['unix:/run/mqtt.sock', { transport: 'unix', host: '/run/mqtt.sock' }],
  ['unix:///run/mqtt.sock', { transport: 'unix', host: '/run/mqtt.sock' }],
  ['mqtt://broker:1884', { transport: 'tcp', host: 'broker', port: 1_884 }],
  ['broker', { transport: 'tcp', host: 'broker', port: 1_883 }],
  ['mqtts://broker', { transport: 'tls', port: 8_883 }],
])('reads the address %s', (address, expected) => {
  expect(brokerAddress(address, { addresses: [] })).toMatchObject(expected)
})

it('refuses a Unix socket without a path, or with TLS', () => {
  expect(() => brokerAddress('unix:', { addresses: [] })).toThrow(/socket path/)
  const tls = { verifyServer: true }
  expect(() => brokerAddress('unix:/x', { addresses: [], tls })).toThrow(/TLS is not supported/)
})
