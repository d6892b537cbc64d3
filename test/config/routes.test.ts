// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is HCL
import { expect, test } from 'vitest'
import { checkConfig } from '../../src/config/load.js'
import { checkText, places } from './support.js'

const INTEGRATIONS = `
integration "events" {
  type = "mqtt"
  endpoint { address = "mqtt://127.0.0.1" }
}
integration "store" {
  type = "redis"
  endpoint { address = "127.0.0.1" }
}
integration "api" {
  type = "json-rpc"
  endpoint { address = "http://127.0.0.1" }
}
locals { prefix = "archive" }
`
const FIRST = INTEGRATIONS.split('\n').length

/** The faults of a text after the integrations, by the lines of that text. */
function faults(text: string): string[] {
  return places(checkText(`${INTEGRATIONS}${text}`)).map((place) => {
    const [line, ...rest] = place.split(':')
    return [Number(line) - FIRST + 1, ...rest].join(':')
  })
}

const HCL = `${INTEGRATIONS}
route "r" {
  from {
    integration = integration.events
    topic       = "sensors/#"
    qos         = 1
  }
  to {
    integration = "store"
    queue       = "\${local.prefix}:\${message.headers.site}"
  }
  key         = "\${message.payload.device.id}"
  concurrency = 4
  transform {
    type  = "jq"
    query = ".payload"
  }
}
`

test('a route is read, with its templates as plain data', () => {
  const checked = checkText(HCL)
  expect(places(checked)).toEqual([])
  expect(checked.ok && checked.config.routes).toEqual([
    {
      name: 'r',
      from: { integration: 'events', kind: 'topic', target: 'sensors/#', qos: 1 },
      to: {
        integration: 'store',
        kind: 'queue',
        target: ['archive:', { path: ['headers', 'site'] }],
        concurrency: 4,
        maxAttempts: 5,
      },
      transforms: [expect.objectContaining({ type: 'jq' })],
      passesBytes: false,
      window: 1_024,
      windowBytes: 16 * 1024 * 1024,
      overflow: 'block',
      key: [{ path: ['payload', 'device', 'id'] }],
      maxHops: 16,
    },
  ])
})

test('the object form gives the same', () => {
  const object = checkConfig(
    {
      integrations: {
        events: { type: 'mqtt', endpoint: { address: 'mqtt://127.0.0.1' } },
        store: { type: 'redis', endpoint: { address: '127.0.0.1' } },
      },
      locals: { prefix: 'archive' },
      routes: {
        r: {
          from: { integration: 'events', topic: 'sensors/#', qos: 1 },
          to: { integration: 'store', queue: '${local.prefix}:${message.headers.site}' },
          key: '${message.payload.device.id}',
          concurrency: 4,
          transform: { type: 'jq', query: '.payload' },
        },
      },
    },
    { env: {} },
  )
  const text = checkText(HCL)
  expect(places(object)).toEqual([])
  expect(object.ok && object.config.routes).toEqual(text.ok && text.config.routes)
})

test.each([
  ['formats that agree', 'format = "json"', 'format = "json"', true],
  ['formats that differ', 'format = "msgpack"', 'format = "json"', false],
  ['a binary source', 'format = "binary"', 'format = "json"', true],
])('payloads pass as they are: %s', (_, from, to, passes) => {
  const checked = checkText(`${INTEGRATIONS}
route "r" {
  from {
    integration = integration.events
    topic = "a"
    ${from}
  }
  to {
    integration = integration.store
    topic = "b"
    ${to}
  }
}`)
  expect(checked.ok && checked.config.routes[0]!.passesBytes).toBe(passes)
})

const route = (from: string, to: string, rest = '') => `
route "r" {
  from {
    ${from}
  }
  to {
    ${to}
  }
  ${rest}
}`
const FROM = 'integration = integration.events\n    topic = "a"'
const TO = 'integration = integration.store\n    queue = "b"'

test.each([
  [
    'an unknown integration',
    route('integration = integration.event\n    topic = "a"', TO),
    '4:19 there is no integration "event"',
  ],
  [
    'another kind of block',
    route('integration = supervisor.events\n    topic = "a"', TO),
    '4:19 there is no supervisor "events"',
  ],
  ['an unknown server', route('server = server.api\n    method = "a"', TO), '4:14 there is no server "api"'],
  [
    'a pattern that the protocol lacks',
    route('integration = integration.api\n    queue = "a"', TO),
    expect.stringMatching(/^5:5 json-rpc .* has no queues$/),
  ],
  ['no pattern', route('integration = integration.events', TO), '3:3 a route needs to know what to move'],
  ['two patterns', route(`${FROM}\n    queue = "q"`, TO), '6:5 "topic" is set already'],
  ['a format of another protocol', route(`${FROM}\n    format = "xml"`, TO), '6:14 wrong value for "format"'],
  [
    'a target that calls a function',
    route(FROM, 'integration = integration.store\n    queue = "${upper(message.topic)}"'),
    '9:13 only paths into the message may be used here',
  ],
  [
    'a target from a trigger',
    route(FROM, 'integration = integration.store\n    queue = "${trigger.x}"'),
    '9:13 wrong value for "queue"',
  ],
  [
    'a store without its folder',
    route(FROM, TO, 'buffer {\n    type = "disk"\n  }'),
    '11:3 the block "buffer" needs "path" with type = "disk"',
  ],
  ['a batch of messages', route(FROM, TO, 'batch {\n  }'), '11:3 "batch" is for a sink with "method"'],
  [
    'a route to itself',
    route('integration = integration.store\n    queue = "b"', TO),
    '2:7 the route "r" receives its own messages',
  ],
])('reports %s', (_, text, expected) => {
  expect(faults(text)).toEqual([expected])
})

test('finds a cycle of several routes, also through a template', () => {
  const found = faults(`
route "one" {
  from {
    integration = integration.events
    topic = "in/#"
  }
  to {
    integration = integration.store
    queue = "work"
  }
}
route "two" {
  from {
    integration = integration.store
    queue = "work"
  }
  to {
    integration = integration.events
    topic = "in/again/\${message.topic}"
  }
}`)
  expect(found).toEqual(['2:7 these routes form a cycle: one → two → one'])
})

test('a fault in one end does not hide those in the rest of the route', () => {
  const text = `
integration "bus" { type = "memory" }
route "r" {
  from {
    integration = integration.bus
    queue       = "in"
    topic       = "in"
  }
  to {
    integration = integration.buss
    topic       = "out"
  }
  buffer {
    type = "disk"
  }
}`
  expect(places(checkText(text))).toEqual([
    '6:5 "topic" is set already',
    '10:19 there is no integration "buss"',
    '13:3 the block "buffer" needs "path" with type = "disk"',
  ])
})
