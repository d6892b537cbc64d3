import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Running } from '../support/program.js'
import { freePort } from '../support/server-process.js'
import { waitFor } from '../support/wait-for.js'
import { EXAMPLES, Programs, terminate } from './support.js'

const programs = new Programs()
let keys: string
let port: number
let api: Running

beforeAll(async () => {
  keys = await mkdtemp(join(tmpdir(), 'nemo-api-jwt-'))
  port = await freePort()
  await tokenOf('ann')
  api = programs.run('api-jwt', 'gateway.hcl', undefined, {}, [
    ...['--var', `port=${port}`],
    ...['--var', `keys=${keys}`],
  ])
  await waitFor(
    () =>
      call('products').then(
        ({ status }) => status === 200 || undefined,
        () => undefined,
      ),
    {
      what: () => `the API to answer: ${api.stdout}`,
    },
  )
})
afterAll(async () => {
  await programs.kill()
  await rm(keys, { recursive: true, force: true })
})

async function tokenOf(subject: string, ...scopes: readonly string[]): Promise<string> {
  const args = [`${EXAMPLES}api-jwt/token.mjs`, subject, ...scopes]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, KEYS: keys },
  })
  return stdout.trim()
}

async function call(method: string, token?: string, params: object = {}) {
  const response = await fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const { result, error } = (await response.json()) as { result?: unknown; error?: { code: number } }
  return { status: response.status, result, code: error?.code }
}

test('methods want a token with their scope, except the open one', async () => {
  expect(await call('products')).toMatchObject({ status: 200, result: [{ sku: 'lamp' }, { sku: 'pen' }] })
  expect(await call('order')).toMatchObject({ status: 401 })
  const token = await tokenOf('ann', 'orders.write')
  expect(await call('order', `${token.slice(0, -8)}AAAAAAAA`)).toMatchObject({ status: 401 })
  expect(await call('orders', token)).toMatchObject({ status: 403 })
})

test('the script takes orders, and lists them', async () => {
  const token = await tokenOf('bob', 'orders.write', 'orders.read')
  const order = (params: object) => call('order', token, params)
  expect(await order({ sku: 'lamp', quantity: 2 })).toMatchObject({
    status: 200,
    result: { sku: 'lamp', quantity: 2, cents: 9_800, customer: 'bob' },
  })
  expect(await order({ sku: 'desk', quantity: 1 })).toMatchObject({ code: 1 })
  expect(await order({ sku: 'pen', quantity: 0 })).toMatchObject({ code: -32_602 })
  const listed = async () => ((await call('orders', token)).result as readonly string[]) ?? []
  await waitFor(async () => (await listed()).length > 0 || undefined, { what: () => 'the list of orders' })
  expect(await listed()).toEqual(['2 × lamp for bob'])
})

test('it ends in order', async () => {
  expect(await terminate(api)).toBe(0)
})
