import { expect, test } from 'vitest'
import { z } from 'zod'
import { ADAPTERS } from '../../src/adapters/catalogue.js'
import { configurationSchema } from '../../src/config/json-schema.js'

const schema = configurationSchema()
const accepts = (configuration: unknown) =>
  z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(configuration).success

test('it is plain JSON, without words that JSON Schema does not have', () => {
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
  expect(JSON.stringify(schema)).not.toMatch(/"(?:unit|elsewhere|notYet|path)":"/u)
})

const withMatch = (members: Readonly<Record<string, object>>) =>
  Object.fromEntries(Object.entries(members).map(([name, wanted]) => [name, expect.objectContaining(wanted)]))

test.each(ADAPTERS.map(({ type }) => type))('it has the config of %s', (type) => {
  const own = { config: { additionalProperties: false }, type: { const: type } }
  expect(schema).toMatchObject({
    properties: {
      integrations: {
        additionalProperties: {
          anyOf: expect.arrayContaining([
            expect.objectContaining({ properties: expect.objectContaining(withMatch(own)) }),
          ]),
        },
      },
    },
  })
})

test('it takes what a gateway takes', () => {
  const integrations = {
    events: {
      type: 'mqtt',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the configuration
      endpoint: { address: ['a', 'b'], port: '${var.port}', tls: { verify_server: false } },
      config: { qos: 1, keep_alive: '60s' },
      auth: { type: 'basic', username: 'ann', password: 'p' },
      retry: { max_attempts: 2, initial: '1s', budget: false },
    },
    own: { type: './acme.js', config: { speed: 3 } },
  }
  const variables = { port: { default: 1883 } }
  expect(accepts({ variables, locals: { a: [1] }, integrations, supervisors: { core: {} } })).toBe(true)
  const data = {
    users: { type: 'rpc', integration: 'own', method: 'list', params: { a: [1] }, interval: '5m' },
    prices: {
      type: 'subscription',
      integration: 'events',
      topic: 'p',
      transform: [{ type: 'jq', query: '.payload' }],
    },
  }
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the configuration
  const config = { integration: 'events', topic: 't/${trigger.a}', message: { b: 1 } }
  const actions = { tell: { type: 'publish', timeout: '1s', config } }
  const on = {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the configuration
    'data.users.updated': { action: 'tell', condition: '${trigger.value}', throttle: 100 },
    'data.prices[0]': [{ action: 'tell', condition: { threshold: { value: 1 } } }],
  }
  expect(accepts({ integrations, data, actions, on })).toBe(true)
  expect(accepts({ servers: { api: { type: 'json-rpc', listen: { port: 0 } } } })).toBe(true)
})

test.each<[string, object]>([
  ['an unknown block', { integratons: {} }],
  ['an unknown attribute', { integrations: { a: { type: 'memory', retyr: {} } } }],
  ['a word that is none', { integrations: { a: { type: 'memory', mailbox: { overflow: 'dorp' } } } }],
  ['a number out of bounds', { integrations: { a: { type: 'memory', endpoint: { port: 70_000 } } } }],
  ['the config of another protocol', { integrations: { a: { type: 'mqtt', config: { pool_size: 3 } } } }],
  ['data of no type', { data: { a: { type: 'poll', integration: 'a' } } }],
  ['an action without its config', { actions: { a: { type: 'rpc' } } }],
  ['a trigger without an action', { on: { 'data.a.updated': { throttle: 1 } } }],
  ['a missing attribute', { servers: { a: { type: 'json-rpc' } } }],
])('it refuses %s', (_, configuration) => {
  expect(accepts(configuration)).toBe(false)
})
