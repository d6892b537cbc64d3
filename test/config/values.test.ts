// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are templates of the configuration

import { expect, test } from 'vitest'
import type { LoadOptions } from '../../src/config/load.js'
import { checkText, places } from './support.js'

const using = (address: string, blocks: string) => `integration "a" {
  type = "mqtt"
  endpoint { address = ${address} }
}
${blocks}`

function addressOf(address: string, blocks: string, options: LoadOptions = {}) {
  const checked = checkText(using(address, blocks), options)
  return checked.ok ? checked.config.integrations[0]!.settings.endpoint.addresses[0] : places(checked)
}

test('a given value goes before the default, and is converted to the type', () => {
  const block = 'variable "n" {\n  type = number\n  default = 1\n}'
  expect(addressOf('"host-${var.n + 1}"', block)).toBe('host-2')
  expect(addressOf('"host-${var.n + 1}"', block, { variables: { n: '41' } })).toBe('host-42')
  expect(addressOf('"host-${var.n + 1}"', block, { variables: { n: 'many' } })).toEqual([
    '5:10 the value given for the variable "n" does not fit its type',
  ])
})

test('lists are given as they are written in the language', () => {
  const block = 'variable "hosts" { type = list(string) }'
  const options = { variables: { hosts: '["a", "b"]' } }
  expect(addressOf('join("-", var.hosts)', block, options)).toBe('a-b')
})

test('a text that is given is data, never a template', () => {
  const options = { variables: { host: '${env.SECRET}' }, env: { SECRET: 'x' } }
  expect(addressOf('var.host', 'variable "host" {}', options)).toBe('${env.SECRET}')
})

test('a variable without a value, and a value without a variable', () => {
  const checked = checkText(using('var.host', 'variable "host" {}'), { variables: { hots: 'x' } })
  expect(checked.diagnostics).toMatchObject([
    { file: '(variables)', line: 0, hint: 'did you mean "host"?' },
    { line: 5, column: 10, message: 'the variable "host" has no value' },
  ])
})

test('locals refer to each other in any order', () => {
  const locals =
    'locals {\n  host = "${local.name}.${local.domain}"\n  name = "mqtt"\n}\nlocals { domain = env.DOMAIN }'
  expect(addressOf('local.host', locals, { env: { DOMAIN: 'example.com' } })).toBe('mqtt.example.com')
})

test('a cycle of locals is reported once, with its members', () => {
  const checked = checkText(using('local.a', 'locals {\n  a = local.b\n  b = local.c\n  c = local.a\n}'))
  expect(checked.diagnostics).toMatchObject([
    { line: 6, column: 3, found: 'local.a → local.b → local.c → local.a' },
  ])
})

test('a fault in a value is reported where it is, not where it is used', () => {
  const checked = checkText(using('local.host', 'locals {\n  host = "${local.name}.x"\n  name = env.NAME\n}'))
  expect(places(checked)).toEqual(['7:10 the environment variable "NAME" is not set'])
})

test('numbers and booleans may come as text from the environment', () => {
  const checked = checkText(
    `integration "a" {
  type = "mqtt"
  endpoint {
    address = "localhost"
    port    = env.PORT
    tls     = env.TLS
  }
  config {
    qos           = env.QOS
    clean_session = env.CLEAN
  }
}`,
    { env: { PORT: '8883', TLS: 'true', QOS: '1', CLEAN: 'false' } },
  )
  expect(checked.ok && checked.config.integrations[0]!.settings).toMatchObject({
    endpoint: { port: 8883, tls: { verifyServer: true } },
    config: { qos: 1, clean_session: false },
  })
})

test('the time until a reload gives up on an actor', () => {
  const read = (supervision: string) => {
    const checked = checkText(`integration "a" {
  type = "memory"
  ${supervision}
}`)
    return checked.ok ? checked.config.integrations[0]!.supervision.readyTimeoutMs : places(checked)
  }
  expect(read('')).toBe(10_000)
  expect(read('supervision { ready_timeout = "1m" }')).toBe(60_000)
  expect(read('supervision { ready_timeout = "0s" }')).toEqual(['3:33 wrong value for "ready_timeout"'])
})
