// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are templates of the configuration

import { expect, test } from 'vitest'
import { changedAttributes } from '../../src/config/block-diff.js'
import { checkConfig } from '../../src/config/load.js'
import type { ConfigObject } from '../../src/config/options.js'
import { placeOf } from '../../src/config/spans.js'
import { checkText } from './support.js'

test('an object gives what a file of the same content gives', () => {
  const env = { HOST: 'mqtt.example.com' }
  const object = checkConfig(
    {
      variables: { port: { default: 1_883 } },
      locals: { host: '${env.HOST}' },
      integrations: {
        events: {
          type: 'mqtt',
          endpoint: { address: '${local.host}', port: '${var.port}' as unknown as number },
          retry: { max: '1m' },
        },
      },
    },
    { env },
  )
  const file = checkText(
    `variable "port" { default = 1883 }
locals { host = env.HOST }
integration "events" {
  type = "mqtt"
  endpoint {
    address = local.host
    port    = var.port
  }
  retry { max = "1m" }
}`,
    { env },
  )
  expect(object.ok && file.ok).toBe(true)
  const [given, read] = [object, file].map((checked) => {
    if (!checked.ok) throw new Error('the configuration is wrong')
    const { written, ...config } = checked.config
    return { checked: { ...checked, config }, written: written! }
  })
  expect(given!.checked).toEqual(read!.checked)
  // The places differ, but neither the blocks, nor what variables and locals are, nor the values in the blocks.
  expect(given!.written.constants).toEqual(read!.written.constants)
  expect([...given!.written.blocks.keys()]).toEqual([...read!.written.blocks.keys()])
  const ofObject = given!.written.blocks.get('integration.events')!
  const ofFile = read!.written.blocks.get('integration.events')!
  expect(changedAttributes(ofObject, ofFile, undefined, true)).toEqual([])
  expect(placeOf(ofObject.span)).toContain('integrations.events')
  expect(placeOf(ofFile.span)).toMatch(/:\d+$/)
})

test('diagnostics begin with the path', () => {
  const configuration = {
    integrations: {
      events: {
        type: 'mqtt',
        endpoint: { address: 'x', port: 0 },
        config: { qos: 3, will: { tpic: 1 } },
        retyr: {},
      },
    },
    integratons: {},
  }
  const { diagnostics } = checkConfig(configuration as unknown as ConfigObject, { env: {} })
  expect(
    diagnostics.every(({ file, line, column }) => file === '(options)' && line === 0 && column === 0),
  ).toBe(true)
  expect(diagnostics.map(({ message }) => message).sort()).toEqual([
    'integrations.events.config.qos: wrong value for "qos"',
    'integrations.events.config.will.tpic: the block "will" has no "tpic"',
    'integrations.events.config.will: the block "will" needs "payload"',
    'integrations.events.config.will: the block "will" needs "topic"',
    'integrations.events.endpoint.port: wrong value for "port"',
    'integrations.events.retyr: the block "integration" has no "retyr"',
    'integratons: unknown block "integratons"',
  ])
})

test.each<[string, unknown, string]>([
  ['a function', () => {}, 'a function'],
  ['a class', new Date(0), 'an object of class Date'],
  ['a number that is none', Number.NaN, 'NaN'],
])('what cannot be configuration is refused: %s', (_, address, found) => {
  const configuration = {
    integrations: { a: { type: 'mqtt', endpoint: { address } } },
  } as unknown as ConfigObject
  expect(checkConfig(configuration).diagnostics).toMatchObject([
    { message: expect.stringContaining('integrations.a.endpoint.address: '), found },
  ])
})

test('an object that holds itself is refused', () => {
  const config: Record<string, unknown> = {}
  config.config = config
  const { ok } = checkConfig({ integrations: { a: { type: 'memory', config } } })
  expect(ok).toBe(false)
})

test.each<[string, string]>([
  ['$${literal}', '${literal}'],
  ['a "quoted" \\ text', 'a "quoted" \\ text'],
  ['say "${upper("a}b")}" \\', 'say "A}B" \\'],
  ['${"${env.X}"}-%%{x}', 'value-%{x}'],
  ['line\n${env.X}\ttab', 'line\nvalue\ttab'],
])('the template %j gives %j', (given, wanted) => {
  const checked = checkConfig(
    { integrations: { a: { type: 'mqtt', endpoint: { address: 'x' }, config: { client_id: given } } } },
    { env: { X: 'value' } },
  )
  expect(checked.ok && checked.config.integrations[0]!.settings.config.client_id).toBe(wanted)
})
