import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Gateway, IntegrationError } from '../../src/index.js'

let gateway: Gateway
beforeAll(async () => {
  gateway = await Gateway.start({
    integrations: { bus: { type: 'memory', limits: { frame: '64KB' } }, other: { type: 'memory' } },
  })
})
afterAll(() => gateway.shutdown({ timeout: 0 }))

// As plain JavaScript would call them: everything here is a mistake that the compiler would find.
type Loose = Record<string, (...args: unknown[]) => unknown>
const loose = (object: unknown) => object as Loose
const rpc = () => loose(gateway.rpc('bus'))
const bus = () => loose(gateway.pubsub('bus'))
const queue = () => loose(gateway.queue('bus'))
const server = () => loose(gateway.server('bus'))
const connections = () => loose(gateway.connections)

const EMPTY = 'expected text that is not empty'

const MISTAKES: readonly (readonly [string, () => unknown, string])[] = [
  ['batch of holes', () => rpc().batch!(new Array(3)), 'batch: call 0: expected an object, found undefined'],
  [
    'batch with a hole',
    // biome-ignore lint/suspicious/noSparseArray: the hole is the mistake
    () => rpc().batch!([{ method: 'm' }, , { method: 'm' }]),
    'batch: call 1: expected an object, found undefined',
  ],
  [
    'batch of any length without items',
    () => rpc().batch!(new Array(2 ** 32 - 1)),
    'batch: calls: expected at most 10000 items, found 4294967295',
  ],
  [
    'batch whose items cannot be read',
    () =>
      rpc().batch!(
        Object.defineProperty([], 0, {
          get: () => {
            throw new Error('no')
          },
        }),
      ),
    'batch: calls: cannot be read',
  ],
  [
    'headers that are bytes',
    () => rpc().call!('m', 1, { headers: new Uint8Array(3) }),
    'call: option "headers": expected an object whose values are text',
  ],
  ['call without a method', () => rpc().call!(), `call: method: ${EMPTY}, found undefined`],
  ['call of an empty method', () => rpc().call!('', 1), `call: method: ${EMPTY}, found ""`],
  [
    'call with a misspelt option',
    () => rpc().call!('m', 1, { timout: 5 }),
    'call: unknown option "timout"; did you mean "timeout"?',
  ],
  [
    'call with options that are a number',
    () => rpc().call!('m', 1, 5),
    'call: options: expected an object, found 5',
  ],
  [
    'call with a negative time-out',
    () => rpc().call!('m', 1, { timeout: -1 }),
    'call: option "timeout": expected milliseconds from 0',
  ],
  ['call with a time-out that is no duration', () => rpc().callWithTimeout!('m', 1, 'soon'), 'found "soon"'],
  ['call with a time-out that is NaN', () => rpc().call!('m', 1, { timeout: Number.NaN }), 'found NaN'],
  [
    'call with a signal that is none',
    () => rpc().call!('m', 1, { signal: {} }),
    'option "signal": expected an AbortSignal',
  ],
  [
    'call with a header that is a number',
    () => rpc().call!('m', 1, { headers: { a: 1 } }),
    'option "headers": expected an object whose values are text',
  ],
  [
    'call with idempotent as text',
    () => rpc().call!('m', 1, { idempotent: 'yes' }),
    'option "idempotent": expected true or false',
  ],
  ['notify without a method', () => rpc().notify!(undefined), `notify: method: ${EMPTY}`],
  [
    'publish without a topic',
    () => bus().publish!(undefined, 1),
    `publish: topic: ${EMPTY}, found undefined`,
  ],
  ['publish to an empty topic', () => bus().publish!('', 1), `publish: topic: ${EMPTY}`],
  [
    'publish with a qos that is none',
    () => bus().publish!('t', 1, { qos: 5 }),
    'publish: option "qos": expected 0, 1 or 2, found 5',
  ],
  ['publish with a qos as text', () => bus().publish!('t', 1, { qos: '1' }), 'expected 0, 1 or 2, found "1"'],
  [
    'publish with ttl',
    () => bus().publish!('t', 1, { ttl: 5 }),
    'publish: unknown option "ttl"; did you mean "expiry"?',
  ],
  [
    'publish with retain as text',
    () => bus().publish!('t', 1, { retain: 'no' }),
    'option "retain": expected true or false',
  ],
  ['publish with a list of headers', () => bus().publish!('t', 1, { headers: ['a'] }), 'option "headers"'],
  ['publish with an expiry that is none', () => bus().publish!('t', 1, { expiry: 'x' }), 'option "expiry"'],
  ['subscribe without a pattern', () => bus().subscribe!(), `subscribe: topic pattern: ${EMPTY}`],
  [
    'subscribe with an unknown policy',
    () => bus().subscribe!('t', { overflow: 'drop' }),
    '"block", "reject", "drop-oldest" or "drop-newest", found "drop"',
  ],
  ['subscribe with an unknown decoding', () => bus().subscribe!('t', { decode: 'json' }), 'option "decode"'],
  ['subscribe with conflate as a flag', () => bus().subscribe!('t', { conflate: true }), 'option "conflate"'],
  [
    'subscribe with null as options',
    () => bus().subscribe!('t', null),
    'options: expected an object, found null',
  ],
  ['send to an empty queue', () => queue().send!('', 1), `send: queue: ${EMPTY}`],
  ['send with an unknown option', () => queue().send!('q', 1, { qos: 1 }), 'send: unknown option "qos"'],
  ['send with a delay that is none', () => queue().send!('q', 1, { delay: -5 }), 'option "delay"'],
  ['receive without a queue', () => queue().receive!(), `receive: queue: ${EMPTY}`],
  ['receive with a misspelt option', () => queue().receive!('q', { timeOut: 5 }), 'did you mean "timeout"?'],
  ['consume of an empty queue', () => queue().consume!(''), `consume: queue: ${EMPTY}`],
  [
    'consume with concurrency 0',
    () => queue().consume!('q', { concurrency: 0 }),
    'option "concurrency": expected a whole number from 1 to 65535, found 0',
  ],
  [
    'each with what is not a function',
    () =>
      gateway
        .queue('bus')
        .consume('q')
        .each('handle' as never),
    'each: handler: expected a function, found "handle"',
  ],
  [
    'consume with its own queue for dead letters',
    () => queue().consume!('q', { deadLetter: 'q' }),
    'expected another queue',
  ],
  ['consume with prefetch', () => queue().consume!('q', { prefetch: 5 }), 'did you mean "concurrency"?'],
  [
    'consume with maxDeliveries 1.5',
    () => queue().consume!('q', { maxDeliveries: 1.5 }),
    'option "maxDeliveries"',
  ],
  [
    'consume with an empty dead letter queue',
    () => queue().consume!('q', { deadLetter: '' }),
    'option "deadLetter"',
  ],
  [
    'ack of a number',
    () => queue().ack!(5),
    'ack: message id: expected the "id" of a received message, found 5',
  ],
  ['nack of nothing', () => queue().nack!(), 'nack: message id'],
  ['nack with a misspelt option', () => queue().nack!('1-1', { dely: 5 }), 'did you mean "delay"?'],
  [
    'register without a handler',
    () => server().register!('m'),
    'register: handler: expected a function, found undefined',
  ],
  [
    'register of a method that is a number',
    () => server().register!(5, () => 1),
    'register: method: expected text',
  ],
  [
    'serve of an empty method',
    () =>
      gateway
        .server('other')
        .register('', () => 1)
        .serve(),
    `serve: method: ${EMPTY}`,
  ],
  ['get with an unknown option', () => connections().get!('bus', { time: 1 }), 'get: unknown option "time"'],
  ['get of nothing', () => connections().get!(undefined), 'there is no integration'],
  [
    'inject of an unknown fault',
    () => connections().inject!('bus', 'boom'),
    'inject: fault: expected "throw"',
  ],
  ['reconnect of nothing', () => connections().reconnect!(undefined), 'there is no integration'],
  ['on an unknown event', () => loose(gateway).on!('actor:crash', () => {}), 'did you mean "actor:crashed"?'],
  ['on without a listener', () => loose(gateway).on!('actor:crashed'), 'on: listener: expected a function'],
  [
    'shutdown with a misspelt option',
    () => loose(gateway).shutdown!({ timout: 5 }),
    'shutdown: unknown option "timout"',
  ],
  ['a client of an integration that is misspelt', () => gateway.rpc('buss'), 'did you mean "bus"?'],
  [
    'start with a misspelt option',
    () => Gateway.start({ integrations: {} }, { loger: () => {} } as never),
    'did you mean "logger"?',
  ],
  [
    'start with a logger that is none',
    () => Gateway.start({ integrations: {} }, { logger: 'console' } as never),
    'option "logger"',
  ],
]

test.each(MISTAKES)('%s is refused', async (_what, call, message) => {
  const error = await Promise.resolve()
    .then(call)
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(IntegrationError)
  expect(error).toMatchObject({ kind: 'config', message: expect.stringContaining(message) })
})

const THROWER = new Proxy(
  {},
  {
    get: () => {
      throw new Error('trap')
    },
    ownKeys: () => {
      throw new Error('trap')
    },
    getPrototypeOf: () => {
      throw new Error('trap')
    },
  },
)
const CYCLE: Record<string, unknown> = {}
CYCLE.self = CYCLE
const revoked = (target: object) => {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}
const HOSTILE: Readonly<Record<string, unknown>> = {
  'a BigInt': 10n,
  'a cycle': CYCLE,
  'an object without prototype': Object.create(null),
  'a symbol': Symbol('s'),
  'a proxy that throws': THROWER,
  'a revoked proxy': revoked({}),
  'a revoked function': revoked(() => {}),
}
const PLACES: Readonly<Record<string, (value: unknown) => unknown>> = {
  'the name of rpc': (value) => loose(gateway).rpc!(value),
  'the name of pubsub': (value) => loose(gateway).pubsub!(value),
  'the name of queue': (value) => loose(gateway).queue!(value),
  'the name of server': (value) => loose(gateway).server!(value),
  'the event of on': (value) => loose(gateway).on!(value, () => {}),
  'the listener of on': (value) => typeof value !== 'function' && loose(gateway).on!('log', value),
  'the name of status': (value) => connections().status!(value),
  'the name of get': (value) => connections().get!(value),
  'the options of get': (value) =>
    value !== HOSTILE['an object without prototype'] && connections().get!('bus', value),
  'the name of reconnect': (value) => connections().reconnect!(value),
  'the name of inject': (value) => connections().inject!(value, 'throw'),
  'the fault of inject': (value) => connections().inject!('bus', value),
  'the method of call': (value) => rpc().call!(value, 1),
  'the time-out of call': (value) => rpc().call!('m', 1, { timeout: value }),
  'the signal of call': (value) => rpc().call!('m', 1, { signal: value }),
  'the calls of batch': (value) => rpc().batch!(value),
  'a call of batch': (value) => rpc().batch!([value]),
  'the topic of publish': (value) => bus().publish!(value, 1),
  'the qos of publish': (value) => bus().publish!('t', 1, { qos: value }),
  'the pattern of subscribe': (value) => bus().subscribe!(value),
  'the format of subscribe': (value) => bus().subscribe!('t', { format: value }),
  'the queue of send': (value) => queue().send!(value, 1),
  'the queue of consume': (value) => queue().consume!(value),
  'the dead letters of consume': (value) => queue().consume!('q', { deadLetter: value }),
  'the id of ack': (value) => queue().ack!(value),
  'the method of register': (value) => server().register!(value, () => 1),
}

test.each(Object.keys(PLACES).flatMap((place) => Object.keys(HOSTILE).map((what) => ({ place, what }))))(
  '$what as $place is refused',
  async ({ place, what }) => {
    const outcome = await Promise.resolve()
      .then(() => PLACES[place]!(HOSTILE[what]))
      .then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      )
    if ('value' in outcome) expect(outcome.value).toBe(false)
    else expect(outcome.error).toMatchObject({ kind: 'config' })
  },
)

test.each(['a proxy that throws', 'a revoked proxy', 'a revoked function', 'a cycle'])(
  '%s as a value is refused',
  async (what) => {
    const value = HOSTILE[what]
    const serialize = { kind: 'serialize' }
    await expect(bus().subscribe!('t', { params: value })).rejects.toMatchObject(serialize)
    await expect(rpc().call!('m', value)).rejects.toMatchObject(serialize)
    await expect(bus().publish!('t', { value })).rejects.toMatchObject(serialize)
    await expect(queue().send!('q', [value])).rejects.toMatchObject(serialize)
  },
)

test.each([
  [[{}], 'batch: call 0: method: expected text that is not empty, found undefined'],
  [[{ method: 'm' }, 5], 'batch: call 1: expected an object, found 5'],
  [[{ method: 'm', parms: 1 }], 'batch: call 0: unknown option "parms"; did you mean "params"?'],
  ['m', 'batch: calls: expected a list of calls, found "m"'],
])('calls of a batch are checked one by one: %j', async (calls, message) => {
  await expect(rpc().batch!(calls)).rejects.toMatchObject({ kind: 'config', message })
})

test('an error names no header', async () => {
  const secret = { authorization: 'Bearer abc' } as unknown as string
  await expect(bus().publish!('t', 1, { headers: secret, qos: secret })).rejects.not.toThrow('abc')
  await expect(bus().publish!('t', 1, { headers: 'Bearer abc' })).rejects.not.toThrow('abc')
})

describe('payloads above limits.frame', () => {
  const large = new Uint8Array(64 * 1024 + 1)
  test.each([
    ['publish', () => bus().publish!('t', large)],
    ['send', () => queue().send!('q', large)],
    ['text', () => bus().publish!('t', 'x'.repeat(64 * 1024 + 1))],
  ])('%s is refused before it crosses', async (_what, call) => {
    await expect(call()).rejects.toMatchObject({
      kind: 'serialize',
      fault: 'local',
      message: 'the payload has 65537 bytes; "limits.frame" allows 65536',
    })
  })
})
