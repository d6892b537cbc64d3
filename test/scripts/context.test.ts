import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { waitFor } from '../support/wait-for.js'
import { folderOf, gatewayOf, scriptOf } from './support.js'

const HANDLERS = `
class RpcError extends Error { name = 'RpcError'; constructor(code, message, data) { super(message); Object.assign(this, { kind: 'rpc', code, data, integration: '', retryable: false }) } }
export const add = ([a, b]) => a + b
export const context = (params, { method, headers, signal, deadline, gateway }) => ({
  method, headers, isAborted: signal.aborted, left: deadline - Date.now() > 0, operations: Object.keys(gateway),
})
export const relay = async (params, { gateway }) => {
  await gateway.publish('bus', 'seen', params)
  const id = await gateway.send('bus', 'jobs', params)
  const answer = await gateway.call('bus', 'twice', params, { timeout: '5s' })
  const acted = await gateway.action('add', [answer, 1])
  return { id: typeof id, answer, acted, data: await gateway.data('prices') }
}
export const unknown = async (params, { gateway }) => gateway.call('nowhere', 'x')
export const refuse = () => { throw new RpcError(-32001, 'not for you', { why: 'closed' }) }
export const secret = () => { throw new Error('password hunter2') }
export const print = () => { console.log('to whom it may concern'); return null }
`

test('a handler gets the context, and the gateway in it', async () => {
  const names = ['add', 'context', 'relay', 'unknown']
  const { gateway, run } = await scriptOf(HANDLERS, names, {}, {
    integrations: { bus: { type: 'memory' } },
    data: {
      prices: {
        type: 'subscription',
        integration: 'bus',
        topic: 'prices',
        transform: [{ type: 'jq', query: '.payload' }],
      },
    },
  } as never)
  expect(await run('context')).toEqual({
    method: 'context',
    headers: {},
    isAborted: false,
    left: true,
    operations: ['call', 'publish', 'send', 'data', 'action'],
  })
  await gateway
    .server('bus')
    .register('twice', (n) => 2 * (n as number))
    .serve()
  const seen = await gateway.pubsub('bus').subscribe('seen')
  await waitFor(() => gateway.data('prices').status === 'connected', {
    what: () => 'the data to be connected',
  })
  await gateway.pubsub('bus').publish('prices', 7)
  await waitFor(() => gateway.data('prices').value === 7, { what: () => 'the data' })
  expect(await run('relay', 5)).toEqual({ id: 'string', answer: 10, acted: 11, data: 7 })
  expect((await seen.recv())?.value).toBe(5)
  expect((await gateway.queue('bus').receive('jobs', { timeout: '5s' }))?.value).toBe(5)
  await expect(run('unknown')).rejects.toMatchObject({
    kind: 'config',
    message: expect.stringContaining('nowhere'),
  })
})

test('a server answers with functions of scripts; errors are masked unless they are RpcErrors', async () => {
  const folder = await folderOf({ 'handlers.mjs': HANDLERS })
  const { gateway, records } = await gatewayOf({
    scripts: { api: { path: join(folder, 'handlers.mjs') } },
    servers: {
      front: {
        type: 'json-rpc',
        listen: { port: 0 },
        method: {
          add: { handler: 'script.api.add' },
          refuse: { handler: 'api.refuse' },
          secret: { handler: 'script.api.secret' },
          print: { handler: 'script.api.print' },
          context: { handler: 'script.api.context' },
        },
      },
    },
  } as never)
  const port = () => gateway.connections.status('front').listening?.port
  await waitFor(() => port() !== undefined, { what: () => 'the server to listen' })
  const { gateway: caller } = await gatewayOf({
    integrations: { front: { type: 'json-rpc', endpoint: { address: `http://127.0.0.1:${port()}` } } },
  })
  const front = caller.rpc('front')
  await expect.poll(() => front.call('add', [1, 2]).catch(() => undefined)).toBe(3)
  expect(await front.call('context', {})).toMatchObject({ method: 'context' })
  await expect(front.call('refuse', {})).rejects.toMatchObject({
    code: -32_001,
    message: 'not for you',
    data: { why: 'closed' },
  })
  await expect(front.call('secret', {})).rejects.toMatchObject({ code: -32_603, message: 'Internal error' })
  expect(records.some(({ error }) => String(error).includes('hunter2'))).toBe(true)
  expect(await front.call('print', {})).toBe(null)
})

test('a handler gets the caller that the server has authenticated', async () => {
  const folder = await folderOf({
    'handlers.mjs': 'export const who = (params, { identity }) => identity ?? null',
  })
  const token = 'a-fixed-token-of-a-caller'
  const { gateway } = await gatewayOf({
    scripts: { api: { path: join(folder, 'handlers.mjs') } },
    servers: {
      front: {
        type: 'json-rpc',
        listen: { port: 0 },
        auth: {
          type: 'bearer',
          default: 'optional',
          tokens: [{ subject: 'ann', token, scopes: ['orders.read'], roles: ['clerk'] }],
        },
        method: {
          who: { handler: 'script.api.who' },
          write: { handler: 'script.api.who', scope: 'orders.write' },
        },
      },
    },
  } as never)
  const port = () => gateway.connections.status('front').listening?.port
  await waitFor(() => port() !== undefined, { what: () => 'the server to listen' })
  const endpoint = { address: `http://127.0.0.1:${port()}` }
  const { gateway: callers } = await gatewayOf({
    integrations: {
      ann: { type: 'json-rpc', endpoint, auth: { type: 'bearer', token } },
      anybody: { type: 'json-rpc', endpoint },
    },
  } as never)
  await expect
    .poll(() =>
      callers
        .rpc('anybody')
        .call('who')
        .catch(() => 'not yet'),
    )
    .toBe(null)
  expect(await callers.rpc('ann').call('who')).toEqual({
    subject: 'ann',
    scopes: ['orders.read'],
    roles: ['clerk'],
    claims: {},
    scheme: 'bearer',
  })
  await expect(callers.rpc('ann').call('write')).rejects.toMatchObject({ kind: 'auth' })
})

test('a shutdown waits for running handlers, and ends those that do not end', async () => {
  const script =
    'export const slow = () => new Promise((resolve) => setTimeout(resolve, 200, "done"))\nexport const hang = () => new Promise(() => {})'
  const { gateway, run } = await scriptOf(script, ['slow', 'hang'])
  const slow = run('slow')
  const hang = run('hang').catch((error) => error.kind)
  await new Promise((resolve) => setImmediate(resolve))
  await gateway.shutdown({ timeout: 1_500 })
  expect(await slow).toBe('done')
  expect(await hang).toBe('shutdown')
  await expect(run('slow')).rejects.toMatchObject({ kind: 'shutdown' })
})

test('a queue that is full refuses calls', async () => {
  const { run } = await scriptOf('export const hang = () => new Promise(() => {})', ['hang'], {
    threads: 1,
    queue: 1,
    timeout: '500ms',
  })
  const outcomes = await Promise.allSettled([run('hang'), run('hang'), run('hang')])
  expect(outcomes.map((each) => (each as PromiseRejectedResult).reason.kind)).toEqual([
    'timeout',
    'timeout',
    'mailbox-full',
  ])
})

test('TypeScript runs where Node strips types, and is refused with its place elsewhere', async () => {
  const folder = await folderOf({ 'handlers.mts': 'export const get = (n: number): number => n' })
  const config = {
    scripts: { s: { path: join(folder, 'handlers.mts') } },
    actions: { get: { type: 'script', config: { function: 'script.s.get' } } },
  } as never
  if ((process.features as { typescript?: unknown }).typescript) {
    const { gateway } = await gatewayOf(config)
    expect(await gateway.action('get').run(4)).toBe(4)
  } else
    await expect(Gateway.start(config)).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining('cannot run TypeScript'),
    })
})

test('functions that wait for actions of their script do not wait for themselves', async () => {
  const text = `
    export const leaf = (n) => n + 1
    export const middle = async (n, { gateway }) => 10 * (await gateway.action('leaf', n))
    let running = 0
    let most = 0
    export const top = async (n, { gateway }) => {
      most = Math.max(most, ++running)
      const parts = await Promise.all([1, 2, 3].map((add) => gateway.action('middle', n + add)))
      running--
      return { parts, most }
    }
  `
  const { run } = await scriptOf(text, ['leaf', 'middle', 'top'], { threads: 1 })
  const results = await Promise.all([0, 10, 20].map((n) => run('top', n)))
  expect(results).toEqual([
    { parts: [20, 30, 40], most: 1 },
    { parts: [120, 130, 140], most: 1 },
    { parts: [220, 230, 240], most: 1 },
  ])
})
