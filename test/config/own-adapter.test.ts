import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type CheckedConfig, checkWithModules } from '../../src/config/load.js'
import { ConnectionError } from '../../src/core/errors/connection.js'
import { Gateway } from '../../src/gateway.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nemo-own-adapter-'))
})
afterEach(() => rm(folder, { recursive: true }))

const MANIFEST = `{ type: 'acme', capabilities: ['call'], needsEndpoint: false }`
const ADAPTER = `export function adapter() { return {
  protocol: 'acme', async connect() {}, async disconnect() {},
  rpc: { call: async (method, params) => ({ method, params }), notify: async () => {} } } }`

/** Writes files and checks the configuration `gateway.hcl` among them. */
async function check(type: string, files: Record<string, string>, body = ''): Promise<CheckedConfig> {
  await write({ 'gateway.hcl': `integration "a" {\n  type = "${type}"\n  ${body}\n}\n`, ...files })
  return checkWithModules(join(folder, 'gateway.hcl'), { env: {} })
}

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}

/** The one diagnostic there is. */
function fault(checked: CheckedConfig) {
  expect(checked.ok).toBe(false)
  expect(checked.diagnostics).toHaveLength(1)
  return checked.diagnostics[0]!
}

test('a module beside the file is an adapter: its manifest completes the settings', async () => {
  const checked = await check('./acme.mjs', {
    'acme.mjs': `export const manifest = ${MANIFEST}; ${ADAPTER}`,
  })
  expect(checked).toMatchObject({ ok: true, diagnostics: [] })
  if (!checked.ok) return
  expect(checked.config.integrations[0]).toMatchObject({
    settings: { name: 'a', type: 'acme', format: 'json', config: {}, auth: { type: 'none' } },
    manifest: { type: 'acme', capabilities: ['call'], formats: ['json', 'msgpack', 'binary'] },
  })
})

test('a configuration is read once, before its modules are loaded', async () => {
  const checked = await check('./acme.mjs', {
    // As a person who saves the file at that moment.
    'acme.mjs': `import { writeFileSync } from 'node:fs'
      writeFileSync(new URL('gateway.hcl', import.meta.url), 'nonsense')
      export const manifest = ${MANIFEST}; ${ADAPTER}`,
  })
  expect(checked).toMatchObject({ ok: true, diagnostics: [] })
})

test('a fault of the file is reported once, however often the configuration is completed', async () => {
  const checked = await check(
    './acme.mjs',
    { 'acme.mjs': `export const manifest = ${MANIFEST}; ${ADAPTER}` },
    'x = [',
  )
  expect(checked.diagnostics.map(({ message }) => message)).toHaveLength(
    new Set(checked.diagnostics.map(({ message }) => message)).size,
  )
})

test('it answers calls in a worker of its own, with TLA, from a package with conditional exports', async () => {
  const module = `await null; export const manifest = ${MANIFEST}; ${ADAPTER}`
  const exports = { './sub': { types: './x.d.ts', import: { node: './lib/acme.js' }, require: './no.cjs' } }
  await check('@acme/nemo/sub', {
    'node_modules/@acme/nemo/package.json': JSON.stringify({ type: 'module', exports }),
    'node_modules/@acme/nemo/lib/acme.js': module,
  })
  const gateway = await Gateway.start(join(folder, 'gateway.hcl'))
  try {
    const answer = await gateway.rpc('a').call('echo', { n: 1 })
    expect(answer).toEqual({ method: 'echo', params: { n: 1 } })
    expect(gateway.metrics().integrations.a).toMatchObject({ type: 'acme', connection: 'connected' })
  } finally {
    await gateway.shutdown()
  }
})

test.each([
  ['main', { main: 'lib.js' }, 'lib.js'],
  ['main without an ending', { main: './lib' }, 'lib.js'],
  ['index.js', {}, 'index.js'],
  ['exports as a text', { exports: './own.mjs' }, 'own.mjs'],
  ['exports as conditions', { exports: { require: './no.cjs', default: './own.mjs' } }, 'own.mjs'],
])('a package is found by %s', async (_, manifest, file) => {
  const checked = await check('acme', {
    'node_modules/acme/package.json': JSON.stringify({ type: 'module', ...manifest }),
    [`node_modules/acme/${file}`]: `export const manifest = ${MANIFEST}; ${ADAPTER}`,
  })
  expect(checked.diagnostics).toEqual([])
})

test.each<[string, string, string, object]>([
  ['no such file', '', '', { message: expect.stringContaining('the file does not exist') }],
  [
    'no adapter',
    `export const manifest = ${MANIFEST}; export const adaptor = 1`,
    '',
    {
      message: expect.stringContaining('does not export "adapter"'),
      found: 'the exports adaptor, manifest',
      expected: expect.stringContaining('"manifest" and "adapter"'),
    },
  ],
  [
    'an adapter of the wrong kind',
    'export const adapter = {}; export const manifest = {}',
    '',
    { message: expect.stringContaining('"adapter" is of type object, not a function') },
  ],
  ['no manifest', ADAPTER, '', { message: expect.stringContaining('does not export "manifest"') }],
  [
    'a manifest of the wrong shape',
    `${ADAPTER}; export const manifest = { type: 'a b', capabilities: ['cal'], auht: [], config: {} }`,
    '',
    {
      message: expect.stringMatching(
        /type: expected letters.*capabilities.0: .*config: expected a schema.*"auht"/su,
      ),
    },
  ],
  [
    'a default that is not offered',
    `${ADAPTER}; export const manifest = { ...${MANIFEST}, formats: ['json'], defaultFormat: 'msgpack' }`,
    '',
    { message: expect.stringContaining('defaultFormat: expected one of "formats"') },
  ],
  [
    'an error at import',
    'throw new Error("no licence")',
    '',
    { message: expect.stringContaining('no licence') },
  ],
  ['nothing usable thrown', 'throw undefined', '', { message: expect.stringContaining('loading failed') }],
  ['a syntax error', 'export const = 1', '', { message: expect.stringContaining('loading failed') }],
  [
    'a config that it does not take',
    `export const manifest = ${MANIFEST}; ${ADAPTER}`,
    'config { speed = 1 }',
    { message: 'the config of acme has no "speed"', line: 3 },
  ],
])('a fault stands at its place: %s', async (name, text, body, expected) => {
  const file = `${name.replaceAll(' ', '-')}.mjs`
  const found = fault(await check(`./${file}`, text === '' ? {} : { [file]: text }, body))
  expect(found).toMatchObject({ severity: 'error', line: 2, ...expected })
})

test('a schema that is not of zod says where and what', async () => {
  const schema = `{ '~standard': { version: 1, vendor: 'own', validate: (given) => typeof given.speed === 'number'
    ? { value: { speed: given.speed * 2 } } : { issues: [{ message: 'expected a speed', path: [{ key: 'speed' }] }] } } }`
  const files = {
    'acme.mjs': `export const manifest = { ...${MANIFEST}, config: ${schema} }; ${ADAPTER}`,
  }
  const right = await check('./acme.mjs', files, 'config { speed = 2 }')
  expect(right.ok && right.config.integrations[0]!.settings.config).toEqual({ speed: 4 })
  expect(fault(await check('./acme.mjs', files, 'config { speed = "fast" }'))).toMatchObject({
    message: 'wrong value for "speed"',
    expected: 'a speed',
    line: 3,
  })
})

test('a name that is no package is a misspelt protocol', async () => {
  expect(fault(await check('mqqt', {}))).toMatchObject({ hint: 'did you mean "mqtt"?' })
  expect(fault(await check('left-pad', {}))).toMatchObject({
    message: 'unknown protocol "left-pad"',
    hint: expect.stringContaining('./adapter.js'),
  })
})

test('in an object a path is relative to the working folder', async () => {
  const type = './examples/custom-adapter/line-adapter.mjs'
  const checked = await checkWithModules({ integrations: { a: { type, endpoint: { address: 'h' } } } })
  expect(checked.ok && checked.config.integrations[0]!.settings.config).toEqual({ greeting: 'hello' })
})

test('a factory that makes nothing usable fails the start with its reason', async () => {
  await check('./broken.mjs', {
    'broken.mjs': `export const manifest = ${MANIFEST}; export const adapter = () => ({ connect() {} })`,
  })
  const start = Gateway.start(join(folder, 'gateway.hcl'))
  await expect(start).rejects.toThrow(/has no method "disconnect"/u)
})

test('warnings of the configuration reach the logger', async () => {
  await write({ 'gateway.hcl': 'integration "a" {\n  type = "memory"\n}\nobservability {}\n' })
  const records: object[] = []
  const gateway = await Gateway.start(join(folder, 'gateway.hcl'), {
    logger: (record) => records.push(record),
  })
  await gateway.shutdown()
  expect(records[0]).toMatchObject({
    level: 'warn',
    line: 4,
    message: expect.stringContaining('"observability"'),
  })
})

test('what makes no calls cannot check its health by one', async () => {
  const manifest = `{ type: 'acme', capabilities: ['publish'], needsEndpoint: false }`
  const files = { 'acme.mjs': `export const manifest = ${manifest}; ${ADAPTER}` }
  expect(fault(await check('./acme.mjs', files, 'health_check {\n method = "ping"\n }'))).toMatchObject({
    line: 4,
    message: expect.stringContaining('acme has no calls'),
  })
  expect((await check('./acme.mjs', files, 'health_check {\n interval = "1s"\n }')).diagnostics).toEqual([])
})

test.each([
  ['null', 'null'],
  ['a text', '"no licence"'],
  ['a TypeError', 'new TypeError("no licence")'],
  [
    'an error with the name of one of ours',
    'Object.assign(new Error("no licence"), { name: "ConnectionError" })',
  ],
  ['a proxy', 'new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } })'],
])(
  'an adapter that throws %s fails the start with an error that names the integration',
  async (_, thrown) => {
    const module = `export const manifest = ${MANIFEST}; export function adapter() { throw ${thrown} }`
    await write({ 'acme.mjs': module })
    const started = Gateway.start({ integrations: { mine: { type: join(folder, 'acme.mjs') } } })
    const error = await started.then(
      () => undefined,
      (failure: unknown) => failure,
    )
    expect(error).toMatchObject({
      kind: 'connection',
      integration: 'mine',
      retryable: false,
      message: expect.stringMatching(/^"mine" failed to start/u),
    })
    expect(error).toBeInstanceOf(ConnectionError)
  },
)
