import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { inspect } from 'node:util'
import { Aedes } from 'aedes'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { AuthError, ConnectionError } from '../../../src/core/errors/connection.js'
import { IntegrationError } from '../../../src/core/errors/integration-error.js'
import type { AuthSettings, JwtSettings } from '../../../src/core/settings/auth.js'
import type { IntegrationSettings } from '../../../src/core/settings/integration.js'
import type { TlsSettings } from '../../../src/core/settings/tls.js'
import { until, within } from '../../support/adapter-context.js'
import { type Issued, TestAuthority, temporaryFiles } from '../../support/authority.js'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.js'
import { freePort } from '../../support/server-process.js'
import { SECRET } from '../auth/support.js'
import { bytes, Collector, type Fixture, mqttFixture } from './fixture.js'

/** A Mosquitto that speaks MQTT over WebSocket; it does not start without a listener that speaks it over TCP. */
async function startWebSockets(lines: readonly string[] = []): Promise<Mosquitto> {
  return startMosquitto({
    config: ['protocol websockets', ...lines, `listener ${await freePort()} 127.0.0.1`],
  })
}

const soon = () => AbortSignal.timeout(10_000)
const wrong = 'unmistakable-but-wrong-secret-of-32-bytes'

function client(port: number, settings: Partial<IntegrationSettings>, config = {}): Fixture {
  const fixture = mqttFixture(port, config, settings)
  onTestFinished(() => fixture.adapter.disconnect())
  return fixture
}

/** Whether messages come through, by QoS 1. */
async function works({ adapter }: Fixture): Promise<void> {
  await adapter.connect(soon())
  const sink = new Collector()
  await adapter.pubsub!.subscribe('t', { qos: 1 }, sink, within())
  await adapter.pubsub!.publish('t', bytes('x'), { qos: 1 }, within())
  await until(() => sink.texts.length === 1, 'the message')
}

async function refusal({ adapter }: Fixture): Promise<IntegrationError> {
  const error: unknown = await adapter.connect(soon()).catch((failure: unknown) => failure)
  if (!(error instanceof IntegrationError)) throw new Error(`not refused: ${String(error)}`)
  const said = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error)
  for (const secret of [SECRET, wrong]) expect(said).not.toContain(secret)
  return error
}

describe.each([5, '3.1.1'] as const)('names and passwords over MQTT %s', (protocol_version) => {
  let broker: Mosquitto
  let open: Mosquitto
  beforeAll(async () => {
    broker = await startMosquitto({ users: { ann: SECRET, device: SECRET } })
    open = await startMosquitto()
  })
  afterAll(() => Promise.all([broker.stop(), open.stop()]))

  test('none is accepted where everybody is, and refused where not', async () => {
    await works(client(open.port, {}, { protocol_version }))
    expect(await refusal(client(broker.port, {}, { protocol_version }))).toBeInstanceOf(AuthError)
  })

  test.each([
    ['basic', { type: 'basic', username: 'ann' }],
    ['password', { type: 'password', username: 'ann' }],
  ] as const)('%s is accepted with the right password alone', async (_, auth) => {
    await works(client(broker.port, { auth: { ...auth, password: SECRET } }, { protocol_version }))
    const refused = client(broker.port, { auth: { ...auth, password: wrong } }, { protocol_version })
    expect(await refusal(refused)).toBeInstanceOf(AuthError)
  })

  test('a bearer token is the password of the name that is configured', async () => {
    const config = { protocol_version, token_username: 'device' }
    await works(client(broker.port, { auth: { type: 'bearer', token: SECRET } }, config))
    const refused = client(broker.port, { auth: { type: 'bearer', token: wrong } }, config)
    expect(await refusal(refused)).toBeInstanceOf(AuthError)
  })

  test('a password without a name is refused in good order', async () => {
    const auth: AuthSettings = { type: 'password', password: SECRET }
    expect(await refusal(client(broker.port, { auth }, { protocol_version }))).toBeInstanceOf(AuthError)
  })
})

describe('a JWT', () => {
  const jwt: JwtSettings = {
    type: 'jwt',
    key: { kind: 'secret', secret: SECRET },
    algorithm: 'HS256',
    subject: 'device-7',
    expiresInMs: 60_000,
    claims: {},
  }

  /** A broker that checks tokens; `withdrawn` ones are refused. */
  async function checkingBroker(withdrawn = new Set<string>()) {
    const names: (string | undefined)[] = []
    const tokens: string[] = []
    const aedes = await Aedes.createBroker({
      authenticate: (_, name, password, done) => {
        const token = password?.toString() ?? ''
        names.push(name)
        tokens.push(token)
        jwtVerify(token, Buffer.from(SECRET), { subject: 'device-7' }).then(
          () => done(null, !withdrawn.has(token) && tokens.length !== 1),
          () => done(null, false),
        )
      },
    })
    const server = createServer((socket) => aedes.handle(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(async () => {
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
      server.close()
    })
    return { port: (server.address() as AddressInfo).port, names, tokens }
  }

  test('is minted for the broker, and minted anew when that refuses it', async () => {
    const broker = await checkingBroker()
    const fixture = client(broker.port, { auth: jwt }, { protocol_version: '3.1.1', token_username: 'jwt' })
    expect(await refusal(fixture)).toBeInstanceOf(AuthError)
    await works(fixture)
    expect(new Set(broker.names)).toEqual(new Set(['jwt']))
    expect(broker.tokens[1]).not.toBe(broker.tokens[0])
    // All the sockets of a connection share one.
    expect(new Set(broker.tokens.slice(1)).size).toBe(1)
  })

  test('of another secret is refused', async () => {
    const broker = await checkingBroker()
    const auth: JwtSettings = { ...jwt, key: { kind: 'secret', secret: wrong } }
    const fixture = client(broker.port, { auth }, { protocol_version: '3.1.1' })
    expect(await refusal(fixture)).toBeInstanceOf(AuthError)
    expect(await refusal(fixture)).toBeInstanceOf(AuthError)
  })
})

describe.each(['mqtts', 'wss'] as const)('certificates over %s', (scheme) => {
  const ours = new TestAuthority()
  const others = new TestAuthority('another authority')
  const mine = ours.issue({ name: 'client' })
  const strange = others.issue({ name: 'stranger' })
  const localhost = ours.issue()
  const files = temporaryFiles({
    ca: ours.ca,
    otherCa: others.ca,
    clientCert: mine.cert,
    clientKey: mine.key,
    strangeCert: strange.cert,
    strangeKey: strange.key,
    localhostCert: localhost.cert,
    localhostKey: localhost.key,
  })
  afterAll(() => files.remove())

  async function secured(cert: string, key: string, lines: readonly string[] = []): Promise<Mosquitto> {
    const config = [`cafile ${files.ca}`, `certfile ${cert}`, `keyfile ${key}`, ...lines]
    const broker = await (scheme === 'wss' ? startWebSockets(config) : startMosquitto({ config }))
    onTestFinished(() => broker.stop())
    return broker
  }
  const over = (port: number, tls: Partial<TlsSettings>): Fixture =>
    client(port, {
      auth: { type: 'mtls' },
      endpoint: {
        addresses: [`${scheme}://127.0.0.1:${port}`],
        tls: { verifyServer: true, caCert: files.ca, ...tls },
      },
    })

  test('of our own authority are trusted, of another refused, unless it does not matter', async () => {
    const broker = await secured(files.localhostCert, files.localhostKey)
    await works(over(broker.port, {}))
    await works(over(broker.port, { caCert: files.otherCa, verifyServer: false }))
    const error = await refusal(over(broker.port, { caCert: files.otherCa }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toContain('an authority that is not trusted')
  })

  test.each([
    ['that has expired', ours.issue({ name: 's', hosts: ['127.0.0.1'], days: [-2, -1] }), 'has expired'],
    ['for another host', ours.issue({ name: 's', hosts: ['other.example'] }), 'is for another host'],
  ])('%s are refused', async (_, issued: Issued, reason) => {
    const own = temporaryFiles(issued)
    onTestFinished(() => own.remove())
    const broker = await secured(own.cert, own.key)
    const error = await refusal(over(broker.port, {}))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toContain(reason)
    if (reason === 'is for another host') await works(over(broker.port, { serverName: 'other.example' }))
  })

  test('of clients: ours is accepted, none and a strange one are refused', async () => {
    const broker = await secured(files.localhostCert, files.localhostKey, ['require_certificate true'])
    const { clientCert, clientKey, strangeCert, strangeKey } = files
    await works(over(broker.port, { clientCert, clientKey }))
    expect(await refusal(over(broker.port, {}))).toBeInstanceOf(AuthError)
    const stranger = over(broker.port, { clientCert: strangeCert, clientKey: strangeKey })
    expect(await refusal(stranger)).toBeInstanceOf(AuthError)
  })
})

test('a client certificate that was replaced is shown by the next connection', async () => {
  const ours = new TestAuthority()
  const [server, mine, strange] = [ours.issue(), ours.issue({ name: 'mine' }), new TestAuthority().issue()]
  const files = temporaryFiles({
    ca: ours.ca,
    serverCert: server.cert,
    serverKey: server.key,
    cert: strange.cert,
    key: strange.key,
  })
  onTestFinished(() => files.remove())
  const broker = await startMosquitto({
    config: [
      `cafile ${files.ca}`,
      `certfile ${files.serverCert}`,
      `keyfile ${files.serverKey}`,
      'require_certificate true',
    ],
  })
  onTestFinished(() => broker.stop())
  const tls = { verifyServer: true, caCert: files.ca, clientCert: files.cert, clientKey: files.key }
  const fixture = client(broker.port, { endpoint: { addresses: ['127.0.0.1'], port: broker.port, tls } })
  expect(await refusal(fixture)).toBeInstanceOf(AuthError)
  writeFileSync(files.cert, mine.cert)
  // The key is not there yet: the pair that was read before stays in use.
  expect(await refusal(fixture)).toBeInstanceOf(AuthError)
  expect(fixture.context.records).toMatchObject([{ level: 'warn' }])
  writeFileSync(files.key, mine.key)
  await works(fixture)
})

test('ws is MQTT as well, in 5 and 3.1.1', async () => {
  const broker = await startWebSockets()
  onTestFinished(() => broker.stop())
  const endpoint = { addresses: [`ws://127.0.0.1:${broker.port}`] }
  await works(client(broker.port, { endpoint }))
  await works(client(broker.port, { endpoint }, { protocol_version: '3.1.1' }))
})
