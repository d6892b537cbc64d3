// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are templates of the configuration

import { expect, test } from 'vitest'
import { Diagnostics, formatDiagnostics } from '../../src/config/diagnostics.js'
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
