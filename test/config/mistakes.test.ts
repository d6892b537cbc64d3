import { expect, test } from 'vitest'
import { checkConfig, loadConfig } from '../../src/config/load.js'
import { ConfigError } from '../../src/core/errors/config.js'
import { checkFiles, checkText, FIXTURES, places } from './support.js'

test('every mistake of a file is reported in one go, each at its line and column', () => {
  const checked = checkConfig(`${FIXTURES}ten-mistakes.hcl`, { env: {} })
  expect(places(checked)).toEqual([
    '2:3 the variable "api_url" has no "sensitve"',
    '9:15 unknown variable "var.api_ulr"',
    '10:15 wrong value for "port"',
    '13:5 the config of json-rpc has no "batch_sise"',
    '14:18 wrong value for "pool_size"',
    '18:16 the environment variable "API_TOKEN" is not set',
    '21:15 wrong value for "backoff"',
    '23:13 wrong value for "timeout"',
    '24:13 wrong value for "format"',
    expect.stringMatching(/^27:13 the integration "backend" is already defined at .*ten-mistakes\.hcl:6$/),
    '31:1 unknown block "integratoin"',
  ])
  const hints = checked.diagnostics.map(({ hint }) => hint)
  expect(hints).toContain('did you mean "sensitive"?')
  expect(hints).toContain('did you mean "var.api_url"?')
  expect(hints).toContain('did you mean "batch_size"?')
  expect(hints).toContain('did you mean "exponential"?')
  expect(hints).toContain('did you mean "integration"?')
  expect(checked.diagnostics[2]).toMatchObject({
    severity: 'error',
    expected: 'a whole number from 1 to 65535',
    found: 'the number 70000',
    source: '    port    = 70000',
  })
})

test('loading throws all of them as one ConfigError, readable as it stands', async () => {
  const load = () => loadConfig(`${FIXTURES}ten-mistakes.hcl`, { env: {} })
  await expect(load).rejects.toThrow(ConfigError)
  await expect(load).rejects.toThrow(/the configuration has 11 errors\n\n.*ten-mistakes\.hcl:31:1/s)
})

test('an attribute or block that is set twice points at both places', () => {
  const checked = checkText(`integration "a" {
  type = "memory"
  type = "mqtt"
  retry {}
  retry {}
}`)
  expect(places(checked)).toEqual([
    expect.stringMatching(/^3:3 .*"type" is already set on line 2/),
    '5:3 "retry" is already set on line 4',
  ])
})

test('blocks of later versions are told apart from misspelt ones', () => {
  const checked = checkText(`integration "a" {
  type = "memory"
}
observability {}`)
  expect(checked.diagnostics.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
    'warning: block "observability" is not supported by this version and is ignored',
  ])
})

test('a warning alone does not keep a configuration from loading', () => {
  const checked = checkText('integration "a" { type = "memory" }\nobservability {}')
  expect(checked.ok).toBe(true)
  expect(checked.diagnostics.map(({ severity }) => severity)).toEqual(['warning'])
})

test('what is missing is reported at its block', () => {
  const checked = checkText('integration "a" {\n  type = "mqtt"\n}\nintegration "b" {}\nintegration {}')
  expect(places(checked)).toEqual([
    '1:1 an integration of type mqtt needs an "endpoint"',
    '4:1 the block "integration" needs "type"',
    '5:1 the block "integration" needs a name',
  ])
})

test('a group must be a supervisor and a broker must be of the right type', () => {
  const checked = checkText(`supervisor "core" {}
broker "edge" { type = "mqtt" }
integration "a" {
  type = "memory"
  config { broker = "edge" }
  supervision { group = "coer" }
}`)
  expect(checked.diagnostics).toMatchObject([
    { line: 5, column: 21, expected: 'a broker of type "memory"', found: 'type "mqtt"' },
    { line: 6, column: 25, hint: 'did you mean "core"?' },
  ])
})

test('certificates must be there, relative to the file that names them', () => {
  const text = (path: string) => `integration "a" {
  type = "mqtt"
  endpoint {
    address = "localhost"
    tls { ca_cert = "${path}" }
  }
}`
  const good = checkFiles({ 'gateway.hcl': text('./ca.pem'), 'ca.pem': '' })
  expect(good.ok && good.config.integrations[0]!.settings.endpoint.tls?.caCert).toMatch(
    /nemo-config-.*ca\.pem$/,
  )
  expect(places(checkText(text('./ca.pem')))).toEqual(['5:21 wrong value for "ca_cert"'])
})

test('the files of a folder are one configuration', () => {
  const checked = checkFiles({
    'a.hcl': 'integration "a" { type = local.type }',
    'b.hcl': 'locals { type = "memory" }\nintegration "a" { type = "memory" }',
  })
  expect(checked.diagnostics).toHaveLength(1)
  expect(checked.diagnostics[0]!.message).toMatch(/the integration "a" is already defined at .*a\.hcl:1/)
  expect(checked.diagnostics[0]!.file).toMatch(/b\.hcl$/)
})

test('a path without a configuration is an error of its own', () => {
  expect(checkConfig('/nowhere/gateway.hcl').diagnostics).toMatchObject([
    { file: '/nowhere/gateway.hcl', message: expect.stringContaining('the file or folder does not exist') },
  ])
  expect(checkFiles({}).diagnostics[0]!.message).toContain('the folder contains no *.hcl file')
})

test('what the schema of a protocol says of a name is passed on', () => {
  const checked = checkText(`integration "a" {
  type = "json-rpc"
  endpoint { address = "http://localhost" }
  config { headers = { "content-length" = "1" } }
}`)
  expect(checked.diagnostics).toMatchObject([
    {
      line: 4,
      column: 24,
      message: 'wrong name "content-length"',
      hint: 'the HTTP client sets this header; remove it',
    },
  ])
})

test('what is wrong is not reported as missing beside it', () => {
  const checked = checkText(`integration "a" {
  type = "json-rpc"
  endpoint { address = "http://localhost" }
  auth {
    type   = "jwt"
    secret = env.SECRET
  }
  discovery {
    type     = "redis"
    address  = "localhost"
    key      = "k"
    username = "ann"
    password = env.PASSWORD
  }
}`)
  expect(places(checked)).toEqual([
    '6:14 the environment variable "SECRET" is not set',
    '13:16 the environment variable "PASSWORD" is not set',
  ])
})

test('a value of a kind that its attribute does not have is reported once', () => {
  const checked = checkText(`integration "a" {
  type = "mqtt"
  endpoint { address = [] }
  config = "qos"
}`)
  expect(places(checked)).toEqual(['3:24 wrong value for "address"', '4:12 wrong value for "config"'])
})
