import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BlockPlan, Proposal } from '../../src/core/reload-plan.js'
import { type Embedded, embed } from './client.js'

let folder: string
let file: string
let embedded: Embedded

const configuration = (timeout: string) => `variable "note" {
  default = "a"
}
integration "bus" {
  type    = "memory"
  timeout = "${timeout}"
}
`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nemo-configuration-'))
  file = join(folder, 'gateway.hcl')
  await writeFile(file, configuration('5s'))
  embedded = embed(file)
  await embedded.client.initialize()
}, 60_000)
afterAll(async () => {
  embedded.child.kill('SIGKILL')
  await embedded.exit
  await rm(folder, { recursive: true })
})

const plan = (params: object = {}) => embedded.client.call<Proposal>('plan', params)
const bus = ({ blocks }: { readonly blocks: Proposal['blocks'] }) =>
  blocks.find(({ name }) => name === 'bus')!

test('the price counts subscriptions, and messages that the client has not settled', async () => {
  const { client } = embedded
  await client.call('subscribe', { integration: 'bus', topic: 'a' })
  await client.call('consume', { integration: 'bus', queue: 'jobs' })
  await client.call('send', { integration: 'bus', queue: 'jobs', value: 1 })
  const { params } = await client.next('delivery')
  await writeFile(file, configuration('6s'))
  // The gauge of the actor is behind by a moment.
  const limit = { timeout: 10_000 }
  await expect
    .poll(async () => bus(await plan()).price, limit)
    .toEqual({ subscriptions: 2, inHand: 1, gapMs: 0 })
  expect(await client.call('ack', { delivery: params.delivery })).toBe(true)
  await expect
    .poll(async () => bus(await plan()).price, limit)
    .toEqual({ subscriptions: 2, inHand: 0, gapMs: 0 })
})

test('a plan is carried out for its fingerprints only', async () => {
  const { client } = embedded
  const { fingerprints } = await plan()
  const other = { ...fingerprints, next: fingerprints.running }
  const refused = await client.ask('reload', { expect: other })
  expect(refused.error).toMatchObject({
    message: expect.stringContaining('the files, variables or environment have changed'),
    data: { kind: 'config', notExecuted: true },
  })
  const done = await client.call<{ blocks: readonly BlockPlan[] }>('reload', { expect: fingerprints })
  expect(bus(done).action).toBe('reconnect')
  expect(bus(await plan()).action).toBe('unchanged')
  const late = await client.ask('reload', { expect: fingerprints })
  expect(late.error?.message).toContain('make a new plan')
})

test('each of several reloads at a time has its own result', async () => {
  const { client } = embedded
  const files = await Promise.all(
    ['7s', '8s', '9s'].map(async (timeout) => {
      const path = join(folder, `${timeout}.hcl`)
      await writeFile(path, configuration(timeout))
      return path
    }),
  )
  const results = await Promise.all(
    files.map((path) => client.call<{ blocks: readonly BlockPlan[] }>('reload', { path })),
  )
  expect(results.map((done) => bus(done).attributes[0]?.after)).toEqual([
    'the string "7s"',
    'the string "8s"',
    'the string "9s"',
  ])
})

test('a variable that the new configuration no longer has is forgotten', async () => {
  const { client } = embedded
  await client.call('reload', { path: file, variables: { note: 'b' } })
  const without = join(folder, 'without.hcl')
  await writeFile(without, 'integration "bus" {\n  type = "memory"\n}\n')
  await client.call('reload', { path: without })
  const { error } = await client.ask('plan', { path: without, variables: { note: 'c' } })
  expect(error).toMatchObject({
    message: expect.stringContaining('unknown variable "note"'),
    data: { diagnostics: [{ severity: 'error' }] },
  })
})

test('wrong parameters are refused by name', async () => {
  for (const params of [{ path: 1 }, { variables: { a: 1 } }, { expect: { running: 'x' } }]) {
    const { error } = await embedded.client.ask('reload', params)
    expect(error).toMatchObject({ code: -32_602, data: { notExecuted: true } })
  }
})
