import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { ConfigObject } from '../../src/config/options.js'
import { Gateway, type LogRecord } from '../../src/index.js'
import { cli } from '../cli/support.js'
import { TestAuthority, temporaryFiles } from '../support/authority.js'
import { type HttpService, httpService, send } from '../support/http-service.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { type TokenServer, tokenServer } from '../support/token-server.js'
import { waitFor } from '../support/wait-for.js'

/** In every secret of these tests, and in nothing else; long enough for a key. */
const MARK = 'hunter2-unmistakable'
const secret = (name: string) => `${MARK}-${name}-${'x'.repeat(32)}`
/** As it looks in a header or a URL. */
const DISGUISES = [MARK, Buffer.from(`ann:${MARK}`).toString('base64').slice(0, 24), MARK.toUpperCase()]

const authority = new TestAuthority()
const client = authority.issue({ name: 'client' })
const server = authority.issue()
const files = temporaryFiles({
  ca: authority.ca,
  cert: client.cert,
  key: client.key,
  serverCert: server.cert,
  serverKey: server.key,
})

let refusing: HttpService
let broker: Mosquitto
let strict: Mosquitto
let tokens: TokenServer

beforeAll(async () => {
  // It refuses in every way there is, and answers what is not even JSON-RPC.
  let requests = 0
  refusing = await httpService((_, response) => {
    const status = [401, 403, 500, 503, 200, 302][requests++ % 6]!
    if (requests % 7 === 0) response.destroy()
    else send(response, status, '<html>')
  })
  broker = await startMosquitto({ users: { somebody: 'else' } })
  strict = await startMosquitto({
    config: [
      `cafile ${files.ca}`,
      `certfile ${files.serverCert}`,
      `keyfile ${files.serverKey}`,
      'require_certificate true',
    ],
    users: { somebody: 'else' },
  })
  tokens = await tokenServer({ id: 'c', secret: secret('right') }, (count) =>
    count > 3 ? { status: 400, body: { error: secret('echo') } } : { expiresIn: 1, token: secret('token') },
  )
})
afterAll(async () => {
  files.remove()
  await Promise.all([refusing.close(), broker.stop(), strict.stop(), tokens.close()])
})

function configuration(): ConfigObject {
  const rpc = { type: 'json-rpc', endpoint: { address: refusing.url, path: `/rpc?key=${secret('path')}` } }
  const config = { headers: { 'x-api-key': secret('header') } }
  const mqtt = { type: 'mqtt', endpoint: { address: broker.url } }
  const oauth2 = { type: 'oauth2', token_url: tokens.url, client_id: 'c' } as const
  const tls = { ca_cert: files.ca }
  const own = { client_cert: files.cert, client_key: files.key }
  return {
    integrations: {
      rpc_basic: { ...rpc, config, auth: { type: 'basic', username: 'ann', password: secret('basic') } },
      rpc_bearer: { ...rpc, auth: { type: 'bearer', token: secret('bearer') } },
      rpc_jwt: { ...rpc, auth: { type: 'jwt', secret: secret('jwt'), claims: { note: secret('claim') } } },
      rpc_oauth2: { ...rpc, auth: { ...oauth2, client_secret: secret('right') } },
      rpc_wrong: { ...rpc, auth: { ...oauth2, client_secret: secret('wrong'), client_auth: 'post' } },
      rpc_mtls: {
        type: 'json-rpc',
        endpoint: { address: `https://127.0.0.1:${strict.port}`, tls },
        auth: { type: 'mtls', ...own },
      },
      mqtt_basic: { ...mqtt, auth: { type: 'basic', username: 'ann', password: secret('basic') } },
      mqtt_password: { ...mqtt, auth: { type: 'password', username: 'ann', password: secret('password') } },
      mqtt_bearer: {
        ...mqtt,
        config: { token_username: 'ann' },
        auth: { type: 'bearer', token: secret('b') },
      },
      mqtt_jwt: { ...mqtt, config: { token_username: 'ann' }, auth: { type: 'jwt', secret: secret('jwt') } },
      mqtt_mtls: {
        type: 'mqtt',
        endpoint: { address: '127.0.0.1', port: strict.port, tls },
        auth: { type: 'mtls', ...own },
      },
    },
  }
}

const EVENTS = [
  'actor:started',
  'actor:crashed',
  'actor:restarted',
  'actor:failed',
  'connection:changed',
  'breaker:changed',
  'message:dead',
  'log',
] as const

/** Everything that can be read off a value, in every way that a log or a debugger does it. */
function readings(value: unknown): string {
  const options = { depth: Infinity, showHidden: true, maxStringLength: Infinity, maxArrayLength: Infinity }
  const error = value as Partial<Error>
  return [
    inspect(value, options),
    JSON.stringify(value) ?? '',
    String(value),
    value instanceof Error ? `${error.message} ${error.stack} ${readings(error.cause ?? '')}` : '',
  ].join('\n')
}

function expectNoSecret(text: string): void {
  for (const disguise of DISGUISES) expect(text).not.toContain(disguise)
  expect(text).not.toContain('PRIVATE KEY')
}

test('whatever fails, no secret is in an error, an event, a log line, a metric or the gateway itself', async () => {
  const heard: unknown[] = []
  const records: LogRecord[] = []
  const gateway = await Gateway.start(configuration(), { logger: (record) => void records.push(record) })
  onTestFinished(() => gateway.shutdown({ timeout: 0 }))
  for (const event of EVENTS) gateway.on(event, (told: unknown) => void heard.push({ event, told }))
  const names = Object.keys(configuration().integrations!)

  const errors: Error[] = []
  const attempt = (name: string) => {
    const options = { timeout: '3s', qos: 1 } as const
    const under = name.startsWith('rpc')
      ? [gateway.rpc(name).call('m', { a: 1 }, options), gateway.rpc(name).batch([{ method: 'm' }], options)]
      : [
          gateway.pubsub(name).publish('t', 1, options),
          gateway.pubsub(name).subscribe('t', options),
          gateway.queue(name).send('q', 1, options),
        ]
    return under.map((promise: Promise<unknown>) =>
      promise.then(
        (value) => errors.push(new Error(`${name} succeeded`, { cause: value })),
        (error: Error) => errors.push(error),
      ),
    )
  }
  await Promise.all(names.flatMap((name) => [...attempt(name), ...attempt(name), ...attempt(name)]))
  expect(errors.length).toBeGreaterThan(3 * names.length)
  expect(new Set(errors.map((error) => (error as { kind?: string }).kind))).toContain('auth')

  for (const name of names) gateway.connections.inject(name, 'throw').catch((error) => errors.push(error))
  await waitFor(() => names.every((name) => gateway.connections.status(name).restarts > 0), {
    what: 'every actor to be restarted',
  })
  errors.push(
    ...(await Promise.all(names.map((name) => gateway.connections.reconnect(name).catch((e) => e)))).filter(
      Boolean,
    ),
  )
  const health = await gateway.connections.healthCheck().catch((error: unknown) => error)
  const late = names.flatMap(attempt)
  await gateway.shutdown({ timeout: 0 })
  await Promise.all(late)

  expect(records.length).toBeGreaterThan(names.length)
  expect(heard.some((each) => (each as { event: string }).event === 'actor:crashed')).toBe(true)
  for (const part of [...records, ...heard, ...errors, health, gateway, gateway.connections])
    expectNoSecret(readings(part))
  expectNoSecret(readings(gateway.metrics()))
  expectNoSecret(readings(names.map((name) => gateway.connections.status(name))))
})

test('nor is it in what the command line says of a configuration, right or wrong', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nemo-secrets-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const types = {
    basic: `username = "ann"\n password = "${secret('a')}"`,
    bearer: `token = "${secret('a')}"`,
    jwt: `secret = "${secret('a')}"\n claims { note = "${secret('b')}" }`,
    oauth2: `token_url = "https://id.example/t?k=${secret('a')}"\n client_id = "c"\n client_secret = "${secret('b')}"`,
    nkey: `seed = "${secret('a')}"`,
  }
  const text = (wrong: string) =>
    Object.entries(types)
      .map(
        ([type, lines]) => `integration "${type}" {
  type = "json-rpc"
  endpoint { address = "http://localhost" }
  config { headers = { "x-api-key" = "${secret('c')}" } }
  auth {
    type = "${type}"
    ${lines}
    ${wrong}
  }
}`,
      )
      .join('\n')
  const path = join(folder, 'gateway.hcl')
  for (const wrong of [
    '',
    `tokn = "${secret('d')}"`,
    `username = ["${secret('d')}"]`,
    `token = ${MARK}`,
    `client_secret = "${secret('d')}`,
  ]) {
    writeFileSync(path, text(wrong))
    for (const args of [
      ['check', path],
      ['check', path, '--json'],
      ['run', path],
    ]) {
      const { stdout, stderr, code } = await cli(...args)
      expect(code).toBe(1)
      expect((stdout + stderr).length).toBeGreaterThan(0)
      expectNoSecret(stdout + stderr)
    }
  }
})
