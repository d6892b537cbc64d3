import { runInNewContext } from 'node:vm'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import * as errors from '../../src/adapter.js'
import { decodeError, type ErrorRecord, encodeError, messageOf } from '../../src/mailbox/error-codec.js'

const context = { integration: 'events', cause: new TypeError('below') }

/** One of each class; a class that is missing here makes the test below fail. */
const EACH: readonly errors.IntegrationError[] = [
  new errors.ConnectionError('refused', context),
  new errors.TimeoutError('call a', context),
  new errors.CircuitOpenError(250, context),
  new errors.AuthError('no', context),
  new errors.RpcError(-3, 'bad', { why: [1, null] }, context),
  new errors.SerializeError('a Map', context),
  new errors.PublishError('t', 'no', context),
  new errors.SubscribeError('t', 'no', context),
  new errors.EnqueueError('q', 'no', context),
  new errors.DequeueError('q', 'no', context),
  new errors.AckError('q', 'no', context),
  new errors.ActorCrashedError('boom', true, context),
  new errors.MailboxFullError('full', context),
  new errors.RateLimitedError(99, context),
  new errors.UnsupportedError('serve', context),
  new errors.CancelledError(context),
  new errors.ShutdownError(context),
  new errors.ConfigError(
    'wrong',
    [{ severity: 'error', file: 'f', line: 1, column: 2, message: 'm' }],
    context,
  ),
]

function cross(error: unknown): Error {
  const { port1, port2 } = new MessageChannel()
  port1.postMessage(encodeError(error))
  const { message } = receiveMessageOnPort(port2)! as { message: ErrorRecord }
  port1.close()
  return decodeError(message)
}

describe('error codec', () => {
  test.each(EACH.map((error) => [error.name, error] as const))('%s crosses a port whole', (_, error) => {
    const crossed = cross(error) as errors.IntegrationError
    expect(crossed).toBeInstanceOf(error.constructor)
    expect(crossed).toBeInstanceOf(errors.IntegrationError)
    expect({ ...crossed }).toEqual({ ...error })
    expect([crossed.name, crossed.message, crossed.stack]).toEqual([error.name, error.message, error.stack])
    expect(crossed.cause).toBeInstanceOf(TypeError)
    expect((crossed.cause as Error).message).toBe('below')
    // As the original: what is inspected and cloned is the same.
    expect(Object.keys(crossed).sort()).toEqual(Object.keys(error).sort())
  })

  test('every class that is exported is among them', () => {
    const classes = Object.values(errors).filter(
      (each) => typeof each === 'function' && each.prototype instanceof errors.IntegrationError,
    )
    expect(new Set(EACH.map((each) => each.constructor))).toEqual(new Set(classes))
  })

  test('fills in the integration where there is none, and not where there is', () => {
    const named = (integration?: string) =>
      decodeError(
        encodeError(new errors.TimeoutError('x', integration === undefined ? {} : { integration })),
        'mine',
      )
    expect((named() as errors.TimeoutError).integration).toBe('mine')
    expect((named('theirs') as errors.TimeoutError).integration).toBe('theirs')
  })

  test('errors of others keep their name, fields and chain of causes', () => {
    const error = Object.assign(new Error('no route', { cause: new Error('b', { cause: 'text' }) }), {
      name: 'SocketError',
      code: 'EHOSTUNREACH',
    })
    const crossed = cross(error) as Error & { code: string }
    expect(crossed).toBeInstanceOf(Error)
    expect([crossed.name, crossed.code, crossed.message]).toEqual(['SocketError', 'EHOSTUNREACH', 'no route'])
    expect((crossed.cause as Error).message).toBe('b')
    expect(((crossed.cause as Error).cause as Error).message).toBe('text')
  })

  test('a name that is a member of every object makes no class', () => {
    const error = Object.assign(new Error('x'), { name: '__proto__' })
    expect(Object.getPrototypeOf(cross(error))).toBe(Error.prototype)
  })

  test.each([
    ['text', 'boom', 'boom'],
    ['undefined', undefined, 'undefined'],
    ['an object without a prototype', Object.create(null), '{}'],
    ['an object with a message', { code: 7, message: 'no stock' }, 'no stock'],
    ['an object without one', { code: 7, of: { item: 'A' } }, "{ code: 7, of: { item: 'A' } }"],
    [
      'an object with secrets',
      { user: 'u', password: 'p4ss', headers: [{ Authorization: 'Bearer t0k' }] },
      "{ user: 'u', password: '***', headers: [ { Authorization: '***' } ] }",
    ],
    ['a list', [{ a: 1 }, new Error('no')], "[ { a: 1 }, 'no' ]"],
    ['a long text', 'x'.repeat(10_000), `${'x'.repeat(500)}…`],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
  ])('what is thrown and no error: %s', (_, thrown, message) => {
    expect(cross(thrown).message).toBe(message)
  })

  test.each([
    ['a field that cannot be cloned', { handler: () => 1, kept: 1 }, { kept: 1 }],
    ['a name that is no text', { name: { no: () => 1 } }, {}],
    ['a message that is no text', { message: Symbol('s') }, {}],
    ['a stack that is no text', { stack: () => 1 }, {}],
  ])('%s does not keep an error from crossing', (_, extra, fields) => {
    expect({ ...cross(Object.assign(new Error('x'), extra)) }).toMatchObject(fields)
  })

  test('neither does a getter that throws', () => {
    const error = Object.defineProperty(new Error('x'), 'bad', {
      enumerable: true,
      get() {
        throw new Error('never')
      },
    })
    expect(cross(error).message).toBe('x')
  })

  test('an endless chain of causes is cut', () => {
    const error = new Error('loop')
    error.cause = error
    let depth = 0
    for (let at: unknown = cross(error); at instanceof Error; at = at.cause) depth++
    expect(depth).toBe(9)
  })
})

describe('hostile errors', () => {
  const throwing = new Proxy(new Error('x'), {
    getPrototypeOf() {
      throw new Error('trap')
    },
    get() {
      throw new Error('trap')
    },
    ownKeys() {
      throw new Error('trap')
    },
  })
  const cyclic = Object.assign(new Error('round'), { cause: undefined as unknown })
  cyclic.cause = cyclic

  test.each([
    ['a proxy whose traps throw', throwing],
    ['a cause that is itself', cyclic],
    ['null', null],
    ['undefined', undefined],
    ['an object without a prototype', Object.create(null)],
    ['a field that cannot be cloned', Object.assign(new Error('f'), { f: () => 1 })],
    ['an error of another realm', runInNewContext('new TypeError("elsewhere")')],
  ])('%s crosses, and has a message', (_what, thrown) => {
    expect(cross(thrown)).toBeInstanceOf(Error)
    expect(typeof messageOf(thrown)).toBe('string')
  })

  test('an error of another realm keeps its class and message', () => {
    const error = cross(runInNewContext('new TypeError("elsewhere")'))
    expect([error.name, error.message]).toEqual(['TypeError', 'elsewhere'])
  })

  test('a huge message or stack is cut', () => {
    const error = cross(Object.assign(new Error('m'.repeat(1e6)), { stack: 's'.repeat(1e6) }))
    expect(error.message.length).toBeLessThan(100_000)
    expect(error.stack!.length).toBeLessThan(100_000)
  })
})
