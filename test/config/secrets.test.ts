// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are templates of the configuration

import { expect, test } from 'vitest'
import { Diagnostics, formatDiagnostics } from '../../src/config/hcl/diagnostics.js'
import { type CheckedConfig, checkConfig } from '../../src/config/load.js'
import { checkText, FIXTURES } from './support.js'

/** Everything that is said about a configuration. */
function said({ diagnostics }: CheckedConfig): string {
  const all = new Diagnostics()
  for (const diagnostic of diagnostics) all.add(diagnostic)
  expect(diagnostics.length).toBeGreaterThan(0)
  return JSON.stringify(diagnostics) + formatDiagnostics(all)
}

const auth = (lines: string) => `integration "a" {
  type = "mqtt"
  endpoint { address = "localhost" }
  auth {
    type = "basic"
    username = "ann"
    ${lines}
  }
}`

test.each([
  ['misspelt name', 'pasword = "hunter2"'],
  ['no text', 'password = ["hunter2"]'],
  ['no quotes', 'password = hunter2'],
  ['wrong operation', 'password = "hunter2" + 1'],
  ['wrong call', 'password = upper("hunter2", 1)'],
  ['no quotes in a call', 'password = upper(hunter2)'],
  ['broken line', 'password = "hunter2" "more"'],
  ['text without end', 'password = "hunter2'],
])('a secret in the file is in no diagnostic: %s', (_, line) => {
  expect(said(checkText(auth(line)))).not.toContain('hunter2')
})

test('what stands in a broken file beside the fault is not shown either', () => {
  const text = said(checkConfig(`${FIXTURES}syntax.hcl`, { env: {} }))
  expect(text).not.toContain('correct')
  expect(text).not.toContain('battery')
})

test.each([
  ['twice, inside of auth', '\n    username = ["hunter2"]'],
  ['in one line', '\n  }\n  auth { type = "basic", username = "hunter2", password = "hunter2" }\n  x {'],
  ['over several lines', 'password = [\n "hunter2",\n hunter2\n ]'],
  [
    'in another place',
    '\n  }\n  config { headers = { "x-api-key" = "hunter2" } }\n  config {\n x = "token = hunter2',
  ],
  ['in an address', '\n  }\n  endpoint { address = "mqtt://ann:hunter2@host" }\n  x {'],
])('nor is one that the parser lost: %s', (_, line) => {
  expect(said(checkText(auth(line)))).not.toContain('hunter2')
})

test('values of sensitive variables and of the environment are not shown where they do not fit', () => {
  const text = `variable "v" {
  sensitive = true
  default   = "hunter2"
}
locals { through = "\${var.v}!" }
integration "a" {
  type    = "mqtt"
  timeout = var.v
  format  = local.through
  endpoint {
    address = "localhost"
    port    = env.PORT
  }
  config { keep_alive = var.v }
}`
  const checked = checkText(text, { env: { PORT: 'hunter3' } })
  expect(checked.diagnostics).toHaveLength(4)
  expect(said(checked)).not.toMatch(/hunter[23]/)
  expect(checked.diagnostics.every(({ found }) => found?.includes('sensitive value'))).toBe(true)
})

test('in an object, too', () => {
  const checked = checkConfig(
    {
      variables: { v: { sensitive: true } },
      integrations: {
        a: {
          type: 'mqtt',
          endpoint: { address: 'localhost', port: '${var.v}' as unknown as number },
          auth: { type: 'basic', username: 'ann', password: ['hunter2'] as unknown as string },
        },
      },
    },
    { variables: { v: 'hunter2' } },
  )
  expect(checked.diagnostics).toHaveLength(2)
  expect(said(checked)).not.toContain('hunter2')
})

test('what is shown keeps its columns', () => {
  const checked = checkText(auth('password = "a😀b" + 1'))
  expect(checked.diagnostics[0]).toMatchObject({ line: 7, source: '    password = "***" + *' })
})

const ADDRESSES = [
  'redis://ann:hunter2@host',
  'redis://ann:hunter2@host:6379:6379/2',
  'redis://hunter2@host',
  'redis://ann:hunter2/with?odd#"characters" @host',
  `redis://ann:${'x'.repeat(60)}hunter2@host`,
  'ann:hunter2@host:6379',
]
const QUOTING: Readonly<Record<string, (url: string) => object>> = {
  'discovery.address': (url) => ({ discovery: { type: 'redis', address: url, key: 'k' } }),
  'discovery.name': (url) => ({ discovery: { type: 'dns', name: url } }),
  'discovery.servers': (url) => ({ discovery: { type: 'dns', name: 'host', servers: [url] } }),
  'endpoint.port': (url) => ({ endpoint: { address: 'host', port: url } }),
  'config.database': (url) => ({ endpoint: { address: 'host' }, config: { database: url } }),
  'an unknown option': (url) => ({ endpoint: { address: 'host' }, config: { [url]: 1 } }),
  type: (url) => ({ type: url }),
  timeout: (url) => ({ endpoint: { address: 'host' }, timeout: url }),
  'supervision.group': (url) => ({ endpoint: { address: 'host' }, supervision: { group: url } }),
}

test.each(
  Object.entries(QUOTING).flatMap(([place, block]) => ADDRESSES.map((url) => ({ place, url, block }))),
)('user info is masked in what is said of $place: $url', ({ url, block }) => {
  const options = { type: 'redis', ...block(url) }
  const object = checkConfig({ integrations: { a: options } } as never, { env: {} })
  // Escaped quotes in a message are those of the JSON text that it is compared in.
  expect(said(object)).not.toMatch(/hunter2|x{20}/u)
  const lines = Object.entries(options).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
  const file = checkText(`integration "a" {\n${lines.join('\n')}\n}`)
  expect(said(file)).not.toMatch(/hunter2|x{20}/u)
})

test('user info is masked in what is said of announce.address', () => {
  const server = { type: 'json-rpc', listen: { port: 1 }, announce: { type: 'redis', key: 'k' } }
  for (const address of ADDRESSES) {
    const servers = { a: { ...server, announce: { ...server.announce, address } } }
    expect(said(checkConfig({ servers } as never))).not.toMatch(/hunter2|x{20}/u)
  }
})

test.each([
  ['as the type', 'type = "hunter2"'],
  ['as the type without quotes', 'type = hunter2'],
  ['after a value', 'type = "basic"\n username = "ann" hunter2'],
  ['as a name without a value', 'type = "basic"\n username = ann hunter2'],
])('a secret in an auth block is not quoted: %s', (_, line) => {
  const text = `integration "a" {
  type = "mqtt"
  endpoint { address = "localhost" }
  auth {
    ${line}
  }
}`
  expect(said(checkText(text))).not.toContain('hunter2')
})

test('a type of auth is hinted at without quoting what stands there', () => {
  const mqtt = { type: 'mqtt', endpoint: { address: 'localhost' } }
  const checked = checkConfig({ integrations: { a: { ...mqtt, auth: { type: 'bassic' } } } } as never)
  expect(checked.diagnostics).toMatchObject([
    { found: 'a string (sensitive value)', hint: 'did you mean "basic"?' },
  ])
})

test.each([
  ['variable', 'variable "db_password" {\n type = number\n default = "hunter2"\n}'],
  ['local value', 'locals {\n db_password = "hunter2"\n size = local.db_password + 1\n}'],
  ['operand of a local value', 'locals {\n db_password = "hunter2" + 1\n}'],
])('a %s with the name of a secret needs no mark', (_, text) => {
  expect(said(checkText(text))).not.toContain('hunter2')
})
