import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { ShutdownError } from '../../src/core/errors/lifecycle.js'
import { SubscribeError } from '../../src/core/errors/pubsub.js'
import { RpcError } from '../../src/core/errors/rpc.js'
import type { LogRecord } from '../../src/core/telemetry.js'
import type { IntegrationMail, SourceHandler } from '../../src/mailbox/integration-mail.js'
import { NameReader } from '../../src/mailbox/names.js'
import { Work } from '../../src/mailbox/work.js'
import { RpcServer } from '../../src/server/rpc-server.js'
import { settled } from '../../src/testing/index.js'

interface Opened {
  readonly handler: SourceHandler
  closed: boolean
}

function rig() {
  const open = new Map<string, Opened[]>()
  const answers: unknown[] = []
  const failures: string[] = []
  const logged: LogRecord[] = []
  const mail = {
    name: 'api',
    type: 'fake',
    window: { messages: 10, bytes: 100 },
    mailbox: { messages: 10, bytes: 1_000 },
    supports: () => true,
    open: async (_verb, method, _wanted, handler) => {
      if (method.startsWith('bad')) throw new SubscribeError(method, 'refused')
      const opened: Opened = { handler, closed: false }
      open.set(method, [...(open.get(method) ?? []), opened])
      return {
        id: 1,
        credit: () => {},
        close: async () => {
          opened.closed = true
        },
      }
    },
    settle: async (_verb, _life, value) => {
      answers.push((value as { outcome: unknown }).outcome)
      return true
    },
  } as Pick<
    IntegrationMail,
    'name' | 'type' | 'window' | 'mailbox' | 'supports' | 'open' | 'settle'
  > as IntegrationMail
  const work = new Work(systemClock)
  const server = new RpcServer(
    mail,
    work,
    (method, error) => void failures.push(`${method}: ${(error as Error).message}`),
    (record) => void logged.push(record),
  )
  const names = new NameReader()
  names.learn({ first: 0, added: ['m'] })
  async function call(method: string, params: unknown) {
    const payload = { kind: 'values', values: [params] } as const
    const run = { source: 1, count: 1, topics: 0, payload, bytes: 1, extras: [{ token: 1 }] }
    open.get(method)!.at(-1)!.handler.receive(run, names, 1)
    await settled()
    return answers.at(-1)
  }
  const closed = (method: string) => (open.get(method) ?? []).map((opened) => opened.closed)
  return { server, work, call, closed, failures, logged, open }
}

describe('serve', () => {
  test('a failure leaves what was, with its handlers, and closes what it had opened', async () => {
    const { server, call, closed } = rig()
    server.register('m', () => 'first')
    await server.serve()
    server
      .register('m', () => 'second')
      .register('n', () => 'n')
      .register('bad', () => 'bad')
    await expect(server.serve()).rejects.toThrow('refused')
    expect([closed('m'), closed('n')]).toEqual([[false], [true]])
    expect(await call('m', 1)).toEqual({ ok: true, value: 'first' })
    await server.close()
    expect(closed('m')).toEqual([true])
  })

  test('a first one that fails serves nothing', async () => {
    const { server, closed } = rig()
    server.register('m', () => 1).register('bad', () => 2)
    await expect(server.serve()).rejects.toThrow('refused')
    expect(closed('m')).toEqual([true])
  })

  test('repeated, it changes handlers and adds methods without closing anything', async () => {
    const { server, call, closed } = rig()
    server.register('m', () => 'first')
    await server.serve()
    server.register('m', () => 'second').register('n', () => 'new')
    expect(await call('m', 1)).toEqual({ ok: true, value: 'first' })
    await Promise.all([server.serve(), server.serve(), server.serve()])
    expect([await call('m', 1), await call('n', 1)]).toEqual([
      { ok: true, value: 'second' },
      { ok: true, value: 'new' },
    ])
    expect([closed('m'), closed('n')]).toEqual([[false], [false]])
  })

  test('opens again what the other side ended', async () => {
    const { server, closed, open, failures, logged } = rig()
    server.register('m', () => 1)
    await server.serve()
    open.get('m')![0]!.handler.ended(new SubscribeError('m', 'taken away'))
    await server.serve()
    expect(closed('m')).toHaveLength(2)
    open.get('m')![1]!.handler.ended(new ShutdownError())
    const told = { level: 'error', integration: 'api', method: 'm', reason: 'subscribe to m: taken away' }
    expect(logged).toEqual([{ ...told, message: 'm is no longer served; call serve() again' }])
    // No handler has failed.
    expect(failures).toEqual([])
  })

  test('and close are done one at a time', async () => {
    const { server, closed } = rig()
    server.register('m', () => 1)
    await Promise.all([server.serve(), server.close(), server.serve()])
    expect(closed('m')).toEqual([true, false])
  })
})

test.each([
  [new RpcError(7, 'no such order', { id: 1 }), 7, 'no such order'],
  [new RpcError(1.5, 'half'), -32_603, 'half'],
  [new RpcError(Number.NaN, 'none'), -32_603, 'none'],
  [new RpcError(1e300, 'huge'), -32_603, 'huge'],
  [new RpcError('7' as never, 'text'), -32_603, 'text'],
  [new Error('secret'), -32_603, 'Internal error'],
  [null, -32_603, 'Internal error'],
])('a handler that throws %s answers with a code that every protocol has', async (thrown, code, message) => {
  const { server, call, work } = rig()
  server.register('m', () => {
    throw thrown
  })
  await server.serve()
  const outcome = (await call('m', 1)) as { error: { message: string; fields: { code: number } } }
  expect([outcome.error.fields.code, outcome.error.message]).toEqual([code, message])
  expect(work.isBusy).toBe(false)
})

test('a handler that runs keeps the server busy', async () => {
  const { server, call, work } = rig()
  let end = () => {}
  server.register('m', () => new Promise<void>((resolve) => (end = resolve)))
  await server.serve()
  await call('m', 1)
  expect(work.isBusy).toBe(true)
  end()
  await settled()
  expect(work.isBusy).toBe(false)
})

test('what an RpcError holds beside code, message and data does not cross', async () => {
  const { server, call } = rig()
  server.register('m', () => {
    const error = new RpcError(7, 'no such order', { id: 1 })
    throw Object.assign(error, { self: error })
  })
  await server.serve()
  const { error } = (await call('m', 1)) as { error: { fields: object } }
  expect(error.fields).toMatchObject({ code: 7, data: { id: 1 } })
  expect(error.fields).not.toHaveProperty('self')
})

test('an RpcError whose getters throw is still answered', async () => {
  const { server, call, work } = rig()
  class Broken extends RpcError {}
  Object.defineProperty(Broken.prototype, 'cause', { get: fail })
  server.register('m', () => {
    throw Object.defineProperty(new Broken(7, 'm'), 'code', { get: fail })
  })
  await server.serve()
  const { error } = (await call('m', 1)) as { error: { message: string; fields: { code: number } } }
  expect([error.fields.code, error.message, work.isBusy]).toEqual([-32_603, 'm', false])
})

function fail(): never {
  throw new Error('it cannot be read')
}
