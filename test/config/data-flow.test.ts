// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are templates of the configuration

import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { type CheckedConfig, checkConfig } from '../../src/config/load.js'
import type { ConfigObject } from '../../src/config/options.js'
import { Late } from '../../src/core/settings/late.js'
import { checkText, FIXTURES, places } from './support.js'

const BUS = 'integration "bus" { type = "memory" }\n'

/** The texts of each diagnostic behind its place. */
function shown({ diagnostics }: CheckedConfig): string[] {
  return diagnostics.map(({ file, line, column, message, expected, found, hint }) =>
    [
      `${basename(file)}:${line}:${column} ${message}`,
      expected && `expected ${expected}`,
      found && `found ${found}`,
      hint,
    ]
      .filter(Boolean)
      .join('; '),
  )
}

test('fifteen faults of a folder are reported at their places with what there is', () => {
  const ACTIONS = 'create, announce, both, tell, echo'
  const HTTP = 'json-rpc with an http address (an address with ws:// or wss:// has it)'
  expect(shown(checkConfig(`${FIXTURES}fifteen-faults`, { env: {} }))).toEqual([
    '2-data.hcl:2:17 there is no integration "backand"; expected one of backend, events; did you mean "backend"?',
    '2-data.hcl:9:24 there is no data "user"; expected one of users, orders, prices, left, right; did you mean "users"?',
    '2-data.hcl:10:17 wrong value for "interval"; expected a duration of at least 1ms and at most 24d, such as "250ms" or "30s"; found the string "soon"',
    `2-data.hcl:14:17 the integration "backend" has no subscriptions: ${HTTP} lacks "subscribe"; expected one of events`,
    '2-data.hcl:19:13 wrong value for "query"; expected a jq query; found the string ".payload |"; found the end, expected a filter at character 11',
    '2-data.hcl:23:12 the parameters of data.left depend on its own value; found data.left → data.right → data.left; remove one of these, or add a condition that ends the loop',
    '3-actions.hcl:7:28 unknown variable "var.nobody"',
    `3-actions.hcl:15:19 the integration "backend" has no publishing: ${HTTP} lacks "publish"; expected one of events`,
    '3-actions.hcl:17:29 "integration.events" is the name of a block and has no value; expected a path that begins with trigger, data, action',
    `3-actions.hcl:25:16 there is no action "crate"; expected one of ${ACTIONS}; did you mean "create"?`,
    '3-actions.hcl:30:10 wrong value for "type"; expected "rpc", "publish", "enqueue", "sequence", "parallel", "conditional", "log" or "script"; found the string "shell"',
    '4-on.hcl:1:4 there is no data "usrs"; expected one of users, orders, prices, left, right; did you mean "users"?',
    `4-on.hcl:6:15 there is no action "ehco"; expected one of ${ACTIONS}; did you mean "echo"?`,
    '4-on.hcl:7:37 missing expression; expected an expression; found the end of the line',
    '4-on.hcl:10:4 the action of this block causes its own event; found on.action.echo.succeeded → action.echo → on.action.echo.succeeded; remove one of these, or add a condition that ends the loop',
  ])
})

test('what is accepted by its types and cannot work is refused, each at its place', () => {
  expect(shown(checkConfig(`${FIXTURES}cannot-work.hcl`, { env: {} }))).toEqual([
    'cannot-work.hcl:11:17 the dead letters of the queue "jobs" would be delivered again; expected another queue',
    'cannot-work.hcl:13:14 the dead letters of data.left come back to it; found data.left → data.right → data.left; remove one of these, or add a condition that ends the loop',
    'cannot-work.hcl:28:19 a message cannot be published to a pattern; expected a topic without wildcards',
    'cannot-work.hcl:35:19 a message cannot be published to a pattern; expected a topic without wildcards',
    'cannot-work.hcl:46:19 a message cannot be published to a pattern; expected a topic without wildcards',
    'cannot-work.hcl:48:9 a message has no "message.nope"; expected a path that begins with "message.topic", "message.payload", "message.headers" or "message.timestamp"',
    'cannot-work.hcl:51:12 there is no data "rigt"; expected one of jobs, left, right; did you mean "right"?',
    'cannot-work.hcl:56:16 wrong value for "max_wait"; expected at least "wait"; found the string "1s"',
    'cannot-work.hcl:59:11 a message has "message.id" only if it comes from a queue; expected a path that begins with "message.topic", "message.payload", "message.headers" or "message.timestamp"',
    'cannot-work.hcl:69:19 a message has no "message.payloadd.x"; expected a path that begins with "message.topic", "message.payload", "message.headers", "message.timestamp", "message.queue", "message.id", "message.attempt" or "message.redelivered"; did you mean "message.payload"?',
    'cannot-work.hcl:74:16 the field "key" is the key of the group, because "by" is set; give the field another name',
    'cannot-work.hcl:78:13 wrong value for "query"; expected a jq query; found the string "tgamma | nosuch"; nosuch/0 is not defined at character 10',
    'cannot-work.hcl:82:12 wrong value for "expr"; expected a jq query; found the string ".price | gamma"; gamma/0 is not defined at character 10',
    'cannot-work.hcl:86:19 a message cannot be published to a pattern; expected a topic without wildcards',
    'cannot-work.hcl:89:13 this key is the same for all messages: all but the first would be dropped as redeliveries; expected a key that differs from message to message; key = "${message.id}"',
    'cannot-work.hcl:91:13 the block "buffer" of the route "fold" uses this folder already; expected a folder that nothing else uses',
    'cannot-work.hcl:105:19 "message.topic" has no parts; expected "message.topic"; found "message.topic.name"',
    'cannot-work.hcl:109:19 the target of a dead letter cannot depend on its payload; expected a path that begins with "message.topic", "message.headers", "message.timestamp", "message.queue", "message.id", "message.attempt" or "message.redelivered"',
    'cannot-work.hcl:112:11 this key is the same for all messages: all but the first would be dropped as redeliveries; expected a key that differs from message to message; key = "${message.id}"',
    'cannot-work.hcl:116:12 the block "buffer" of the route "fold" uses this folder already; expected a folder that nothing else uses',
  ])
})

test('a breaker has events without a block of its own, because every integration has one', () => {
  const text = `${BUS}action "x" {
  type = "log"
  config { message = "m" }
}
on "breaker.bus.opened" { action = action.x }`
  expect(places(checkText(text))).toEqual([])
})

const OF_FILE = `
integration "bus" { type = "memory" }
data "rpc" "users" {
  integration = integration.bus
  method      = "users.list"
  params      = { status = "active" }
  interval    = "5m"
}
data "subscription" "prices" {
  integration = "bus"
  topic       = "prices/#"
  update      = "append"
  limit       = 3
  transform {
    type  = "jq"
    query = ".payload"
  }
  transform {
    type = "filter"
    expr = ".price > 1"
  }
}
action "create" {
  type    = "rpc"
  timeout = "2s"
  config {
    integration = integration.bus
    method      = "orders.create"
    params      = {}
  }
}
action "notify" {
  type = "publish"
  config {
    integration = integration.bus
    topic       = "orders/\${trigger.result.kind}"
    message     = { order_id = trigger.result.id, user = "\${data.users[0].name}!" }
  }
}
on "action.create.succeeded" {
  action = action.notify
}
on "data.prices[0].price" {
  action  = "create"
  overlap = "restart"
  condition {
    threshold {
      value      = 10
      hysteresis = 1
      for        = "1s"
    }
  }
}`
const OF_OBJECT: ConfigObject = {
  integrations: { bus: { type: 'memory' } },
  data: {
    users: {
      type: 'rpc',
      integration: 'bus',
      method: 'users.list',
      params: { status: 'active' },
      interval: '5m',
    },
    prices: {
      type: 'subscription',
      integration: 'integration.bus',
      topic: 'prices/#',
      update: 'append',
      limit: 3,
      transform: [
        { type: 'jq', query: '.payload' },
        { type: 'filter', expr: '.price > 1' },
      ],
    },
  },
  actions: {
    create: {
      type: 'rpc',
      timeout: '2s',
      config: { integration: 'bus', method: 'orders.create', params: {} },
    },
    notify: {
      type: 'publish',
      config: {
        integration: 'bus',
        topic: 'orders/${trigger.result.kind}',
        message: { order_id: '${trigger.result.id}', user: '${data.users[0].name}!' },
      },
    },
  },
  on: {
    'action.create.succeeded': { action: 'notify' },
    'data.prices[0].price': [
      {
        action: 'create',
        overlap: 'restart',
        condition: { threshold: { value: 10, hysteresis: 1, for: '1s' } },
      },
    ],
  },
}

test('an object gives the data flow that a file gives', () => {
  const [file, object] = [checkText(OF_FILE), checkConfig(OF_OBJECT, { env: {} })]
  expect(file.diagnostics).toEqual([])
  expect(object.diagnostics).toEqual([])
  const plain = (checked: CheckedConfig) =>
    JSON.parse(
      JSON.stringify(checked.ok && checked.config, (_, value) =>
        value instanceof Late
          ? value.evaluate({ trigger: { result: { id: 7, kind: 'x' } }, data: { users: [{ name: 'ann' }] } })
          : value,
      ),
    )
  expect(plain(object)).toEqual(plain(file))
  expect(plain(file).actions[1]).toMatchObject({
    topic: 'orders/x',
    message: { order_id: 7, user: 'ann!' },
  })
  expect(file.ok && file.config.triggers).toMatchObject([
    { event: { kind: 'action', name: 'create', outcome: 'succeeded' }, action: 'notify' },
    { event: { kind: 'data', name: 'prices', path: [0, 'price'] }, overlap: 'restart' },
  ])
})

test.each<[string, string, string[]]>([
  [
    'a data without a name',
    'data "rpc" { integration = integration.bus }',
    ['2:6 the block "data" needs a type and a name'],
  ],
  [
    'a type of data that there is not',
    'data "poll" "x" { integration = integration.bus }',
    ['2:6 wrong value for "type"'],
  ],
  [
    'a data with the trigger in its parameters',
    'data "rpc" "x" {\n  integration = integration.bus\n  method = "m"\n  params = { a = trigger.x }\n}',
    ['5:18 "trigger" has no value here'],
  ],
  [
    'an action that contains itself',
    'action "x" {\n  type = "sequence"\n  config { actions = [action.y] }\n}\naction "y" {\n  type = "parallel"\n  config { actions = ["x"] }\n}',
    ['2:8 action.x runs itself'],
  ],
  [
    'the result of an action that did not run before',
    'action "x" {\n  type = "log"\n  config { message = "${action.y.result}" }\n}\naction "y" {\n  type = "log"\n  config { message = "m" }\n}',
    ['2:8 the action "x" uses the result of "y", and no sequence runs that before it'],
  ],
  [
    'a jq condition that is not compiled',
    'action "x" {\n  type = "log"\n  config { message = "m" }\n}\non "integration.bus.connected" {\n  action = action.x\n  condition { jq = "test(\\"(?<a>x)(?<a>y)\\")" }\n}',
    ['8:20 wrong value for "jq"'],
  ],
  [
    'two conditions',
    'action "x" {\n  type = "log"\n  config { message = "m" }\n}\non "breaker.bus.opened" {\n  action = action.x\n  condition {\n    changed {}\n    jq = "."\n  }\n}',
    ['8:3 wrong value for "condition"'],
  ],
  [
    'what is wrong in a condition',
    'action "x" {\n  type = "log"\n  config { message = "m" }\n}\non "breaker.bus.opened" {\n  action = action.x\n  condition {\n    threshold {\n      value = "x"\n      path = "a..b"\n    }\n  }\n}',
    ['10:15 wrong value for "value"', '11:14 wrong value for "path"'],
  ],
  [
    'a constant text as a condition',
    'action "x" {\n  type = "log"\n  config { message = "m" }\n}\non "breaker.bus.opened" {\n  action = action.x\n  condition = "trigger.x"\n}',
    ['8:15 wrong value for "condition"'],
  ],
  [
    'a join with itself',
    'data "subscription" "x" {\n  integration = integration.bus\n  topic = "t"\n  transform {\n    type = "join"\n    with = data.x\n  }\n}',
    ['7:12 the data "x" cannot be joined with itself'],
  ],
  [
    'an event that an action does not have',
    'action "x" {\n  type = "log"\n  config { message = "m" }\n}\non "action.x.succeded" { action = action.x }',
    ['6:4 action.x has no event "succeded"'],
  ],
])('check finds %s', (_, text, expected) => {
  expect(places(checkText(BUS + text))).toEqual(expected)
})

test('a cycle over a broker is found, and a condition makes it a warning', () => {
  const text = (condition: string) => `${BUS}
data "subscription" "ticks" {
  integration = integration.bus
  topic       = "ticks/#"
}
action "tick" {
  type = "publish"
  config {
    integration = integration.bus
    topic       = "ticks/again"
  }
}
on "data.ticks.updated" {
  action = action.tick
  ${condition}
}`
  const found = 'on.data.ticks.updated → action.tick → data.ticks → on.data.ticks.updated'
  const message = 'the action of this block causes its own event'
  expect(checkText(text('')).diagnostics).toMatchObject([{ severity: 'error', message, found, line: 14 }])
  expect(checkText(text('condition = trigger.value.payload < 3')).diagnostics).toMatchObject([
    { severity: 'warning', message, found },
  ])
})

test('a path that looks like a misspelt event is a warning', () => {
  const text = `${BUS}
data "subscription" "x" {
  integration = integration.bus
  topic = "t"
}
action "a" {
  type = "log"
  config { message = "m" }
}
on "data.x.udpated" { action = action.a }`
  expect(checkText(text).diagnostics).toMatchObject([
    { severity: 'warning', message: '"udpated" is read as a path in the value of data "x"' },
  ])
})

test('a query that is not compiled is a warning with the reason', () => {
  const text = `${BUS}
data "subscription" "x" {
  integration = integration.bus
  topic = "t"
  transform {
    type = "jq"
    query = "."
  }
  transform {
    type = "filter"
    expr = "test(\\"(?<a>x)(?<a>y)\\")"
  }
}`
  expect(checkText(text).diagnostics).toMatchObject([
    {
      severity: 'warning',
      line: 12,
      column: 12,
      message:
        'slow path: the query uses a regular expression with two groups of one name, which is not compiled',
    },
  ])
})

test('the fault of an expression at run time has its place', () => {
  const checked = checkText(`${BUS}
action "a" {
  type = "log"
  config { message = "it is \${trigger.value.price}" }
}`)
  const action = checked.ok ? checked.config.actions[0] : undefined
  const late = action?.type === 'log' ? (action.message as Late) : undefined
  expect(late?.evaluate({ trigger: { value: { price: 3 } } })).toBe('it is 3')
  expect(() => late?.evaluate({ trigger: { value: {} } })).toThrow(
    /gateway\.hcl:5: unknown value "trigger\.value\.price"/u,
  )
})
