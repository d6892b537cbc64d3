import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readTlsOptions } from '../../../src/adapters/tls.js'
import { AuthError, ConnectionError } from '../../../src/core/errors/connection.js'
import type { TlsSettings } from '../../../src/core/settings/tls.js'
import { until, within } from '../../support/adapter-context.js'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.js'
import { bytes, Collector, type Fixture, mqttFixture } from './fixture.js'
import { type Certificates, makeCertificates } from './support/certificates.js'

let files: Certificates
let open: Fixture | undefined
beforeAll(() => {
  files = makeCertificates()
})
afterAll(() => files.remove())
afterEach(async () => {
  await open?.adapter.disconnect()
  open = undefined
})

function client(port: number, tls: Partial<TlsSettings>, addresses = ['127.0.0.1']): Fixture {
  open = mqttFixture(port, {}, { endpoint: { addresses, port, tls: { verifyServer: true, ...tls } } })
  return open
}
const soon = () => AbortSignal.timeout(5_000)

describe('MQTT over TLS', () => {
  let broker: Mosquitto
  beforeAll(async () => {
    const { cert, key } = files.server
    broker = await startMosquitto({ config: [`cafile ${files.ca}`, `certfile ${cert}`, `keyfile ${key}`] })
  })
  afterAll(() => broker.stop())

  it.each([['127.0.0.1'], ['mqtts://127.0.0.1'], ['localhost']])('connects to %s', async (address) => {
    const { adapter } = client(broker.port, { caCert: files.ca, minVersion: 'TLSv1.3' }, [address])
    await adapter.connect(soon())
    const sink = new Collector()
    await adapter.pubsub!.subscribe('tls', { qos: 1 }, sink, within())
    await adapter.pubsub!.publish('tls', bytes('secret'), { qos: 0 }, within())
    await until(() => sink.messages.length === 1, 'the message')
    expect(sink.texts).toEqual(['secret'])
  })

  it('is suggested to those who connect without', async () => {
    open = mqttFixture(broker.port)
    await expect(open.adapter.connect(soon())).rejects.toThrow('does this port require TLS (mqtts://)?')
  })

  it('refuses a server that nobody vouches for, unless it is not to be verified', async () => {
    const strict = client(broker.port, {})
    await expect(strict.adapter.connect(soon())).rejects.toBeInstanceOf(ConnectionError)
    const lax = client(broker.port, { verifyServer: false })
    await lax.adapter.connect(soon())
    await lax.adapter.ping!(soon())
  })
})

describe('MQTT over TLS with client certificates', () => {
  let broker: Mosquitto
  beforeAll(async () => {
    const { cert, key } = files.server
    const tls = [`cafile ${files.ca}`, `certfile ${cert}`, `keyfile ${key}`, 'require_certificate true']
    broker = await startMosquitto({ config: tls })
  })
  afterAll(() => broker.stop())

  it('is accepted with one', async () => {
    const { cert, key } = files.client
    const { adapter } = client(broker.port, { caCert: files.ca, clientCert: cert, clientKey: key })
    await adapter.connect(soon())
    await adapter.ping!(soon())
  })

  it('is refused without', async () => {
    const { adapter } = client(broker.port, { caCert: files.ca })
    await expect(adapter.connect(soon())).rejects.toBeInstanceOf(AuthError)
  })
})

describe('the TLS settings', () => {
  it('become options with the contents of the files', async () => {
    const { cert, key } = files.client
    const options = await readTlsOptions({
      verifyServer: false,
      caCert: files.ca,
      clientCert: cert,
      clientKey: key,
      minVersion: 'TLSv1.2',
    })
    expect(options).toMatchObject({ rejectUnauthorized: false, minVersion: 'TLSv1.2' })
    expect([options.ca, options.cert, options.key].map(String)).toEqual([
      expect.stringContaining('BEGIN CERTIFICATE'),
      expect.stringContaining('BEGIN CERTIFICATE'),
      expect.stringContaining('PRIVATE KEY'),
    ])
    expect(await readTlsOptions({ verifyServer: true })).toEqual({ rejectUnauthorized: true })
  })

  it.each([
    ['caCert', 'a key', () => readFileSync(files.server.key), false],
    ['clientCert', 'a key', () => readFileSync(files.server.key), false],
    ['clientKey', 'a certificate', () => readFileSync(files.ca), false],
    ['caCert', 'half of a certificate', () => readFileSync(files.ca).subarray(0, 300), true],
    ['clientKey', 'half of a key', () => readFileSync(files.server.key).subarray(0, 100), true],
  ])('name the %s that is %s, and whether waiting may help', async (setting, _what, content, retryable) => {
    const path = join(dirname(files.ca), `${randomUUID()}.pem`)
    writeFileSync(path, content())
    const faulty = readTlsOptions({ verifyServer: true, [setting]: path })
    await expect(faulty).rejects.toMatchObject({ retryable, message: expect.stringContaining(path) })
  })

  it('name the file that cannot be read', async () => {
    const missing = readTlsOptions({ verifyServer: true, caCert: '/nowhere/ca.pem' })
    await expect(missing).rejects.toBeInstanceOf(ConnectionError)
    await expect(missing).rejects.toThrow('/nowhere/ca.pem')
  })
})
