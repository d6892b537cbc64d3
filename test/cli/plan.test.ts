import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PricedBlock } from '../../src/core/reload-plan.js'
import { cli, FIXTURES } from './support.js'

const OLD = `${FIXTURES}plan/old.hcl`
const NEW = `${FIXTURES}plan/new.hcl`

interface Output {
  readonly ok: boolean
  readonly reason?: string
  readonly changes: number
  readonly summary: Readonly<Record<string, number>>
  readonly blocks: readonly PricedBlock[]
}

async function planned(...args: readonly string[]): Promise<Output> {
  const { stdout, stderr } = await cli('plan', ...args, '--json')
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Output
}

describe('plan between two files', () => {
  test('shows each block with its sign, what forces it, the values, and the sums', async () => {
    const { code, stdout, stderr } = await cli('plan', NEW, '--from', OLD)
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.replaceAll(FIXTURES, '').split('\n')
    expect(lines).toEqual([
      '= unchanged  broker "local"',
      '= unchanged  broker "memory"',
      '~ in place   integration "supervised"',
      '               supervision.max_restarts  3 → 4  (plan/new.hcl:16)',
      '↻ reconnect  integration "tuned"',
      '               timeout  "5s" → "8s"  (plan/new.hcl:21)',
      '↻ reconnect  integration "moved"',
      '               forced by endpoint.port at plan/new.hcl:28',
      '               endpoint.port  1883 → 1884  (plan/new.hcl:28)',
      '               auth.password  (sensitive) → (sensitive)  (plan/new.hcl:33)',
      '± replace    integration "single"',
      '               forced by config.client_id at plan/new.hcl:43: the broker ends a connection when another one uses its client id',
      '               endpoint.address  ["127.0.0.1", "127.0.0.2"] → ["127.0.0.1", "127.0.0.3"]  (plan/new.hcl:40)',
      '+ create     integration "added"',
      '- remove     integration "gone"',
      '= unchanged  data "prices"',
      '',
      'Plan: 1 to create, 1 to change in place, 2 to reconnect, 1 to replace, 1 to remove, 3 unchanged',
      'There is no price without a running gateway: see --socket.',
      '',
    ])
  })

  test('--json has the same for programs, and no secret', async () => {
    const { stdout } = await cli('plan', NEW, '--from', OLD, '--json')
    expect(stdout).not.toMatch(/first-secret|second-secret/)
    const { ok, changes, summary, blocks } = JSON.parse(stdout) as Output
    expect([ok, changes]).toEqual([true, 6])
    expect(summary).toEqual({
      create: 1,
      'in place': 1,
      reconnect: 2,
      replace: 1,
      remove: 1,
      unchanged: 3,
    })
    expect(blocks.find(({ name }) => name === 'single')).toMatchObject({
      kind: 'integration',
      action: 'replace',
      handOver: 'in turn',
      forcedBy: { attribute: 'config.client_id', place: `${NEW}:43` },
    })
    expect(blocks.filter((block) => 'price' in block)).toEqual([])
  })

  test('--detailed-exitcode tells changes from none', async () => {
    expect((await cli('plan', NEW, '--from', OLD, '--detailed-exitcode')).code).toBe(2)
    const { code, stdout } = await cli('plan', NEW, '--from', NEW, '--detailed-exitcode')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\n\nNothing to do: 8 unchanged\n$/)])
  })

  test('variables are for both, and one of them must know each', async () => {
    const prices = ({ blocks }: Output) => blocks.find(({ name }) => name === 'prices')?.action
    expect(prices(await planned(NEW, '--from', OLD))).toBe('unchanged')
    // `key` is in one of the files only.
    expect(prices(await planned(NEW, '--from', OLD, '--var', 'region=us', '--var', 'key=k'))).toBe(
      'unchanged',
    )
    const { code, stderr } = await cli('plan', NEW, '--from', OLD, '--var', 'regoin=us')
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^nemo-gateway: neither .* has a variable "regoin"\n$/),
    ])
  })

  test('a configuration with errors is reported as by check', async () => {
    for (const args of [
      [`${FIXTURES}wrong.hcl`, '--from', OLD],
      [OLD, '--from', `${FIXTURES}wrong.hcl`],
    ]) {
      const { code, stdout, stderr } = await cli('plan', ...args)
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain('wrong.hcl:2:10')
      const json = await cli('plan', ...args, '--json')
      expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, diagnostics: [{ line: 2, column: 10 }] })
    }
  })
})

describe('changes that are not those of an attribute', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nemo-plan-'))
  })
  afterAll(() => rm(folder, { recursive: true }))
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }

  test('a part that only a new start changes is an error, after the plan', async () => {
    await write('a.mjs', 'export const run = () => 1\n')
    const memory = 'integration "m" {\n  type = "memory"\n}\n'
    const old = await write('fixed-old.hcl', memory)
    const now = await write('fixed-new.hcl', `${memory}script "a" {\n  path = "./a.mjs"\n}\n`)
    const { code, stdout, stderr } = await cli('plan', now, '--from', old, '--detailed-exitcode')
    expect([code, stdout]).toEqual([1, expect.stringContaining('= unchanged  integration "m"')])
    expect(stderr).toBe('nemo-gateway: a reload cannot change the blocks "script": start the gateway again\n')
    expect(await planned(now, '--from', old)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('"script"'),
    })
  })

  test('secrets in an address are not shown', async () => {
    const of = (key: string) =>
      `integration "far" {\n  type = "json-rpc"\n  endpoint {\n    address = "http://127.0.0.1:1/rpc?v=${key.length}&api_key=${key}"\n  }\n}\n`
    const old = await write('key-old.hcl', of('hunter2'))
    const now = await write('key-new.hcl', of('hunter22'))
    for (const args of [
      ['plan', now, '--from', old],
      ['plan', now, '--from', old, '--json'],
      ['check', now],
    ]) {
      const { code, stdout, stderr } = await cli(...args)
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).not.toContain('hunter2')
    }
    expect((await cli('plan', now, '--from', old)).stdout).toContain('?v=7&api_key=***" → ')
  })

  test('a schema file with other content is named as such', async () => {
    await write('old.proto', 'syntax = "proto3"; message M { int32 n = 1; }')
    await write('new.proto', 'syntax = "proto3"; message M { int64 n = 1; }')
    const of = (schema: string) =>
      `integration "m" {\n  type = "memory"\n  format = "protobuf"\n  protobuf {\n    proto = "${schema}"\n    message = "M"\n  }\n}\n`
    const old = await write('schema-old.hcl', of('old.proto'))
    const now = await write('schema-new.hcl', of('new.proto'))
    const { stdout } = await cli('plan', now, '--from', old)
    expect(stdout).toContain('protobuf.proto  "old.proto" → "new.proto"')
  })

  test('an expression of the run time is another one if a variable in it is', async () => {
    const of = (value: string) => `variable "to" {
  default = "${value}"
}
integration "m" {
  type = "memory"
}
action "say" {
  type = "publish"
  config {
    integration = integration.m
    topic       = "\${var.to}/\${trigger.value}"
    message     = { from = trigger.value }
  }
}
`
    const old = await write('late-old.hcl', of('a'))
    expect((await planned(old, '--from', old, '--var', 'to=b')).changes).toBe(0)
    const now = await write('late-new.hcl', of('b'))
    const { blocks } = await planned(now, '--from', old)
    expect(blocks.find(({ name }) => name === 'say')?.attributes.map(({ path }) => path)).toEqual([
      'config.topic',
    ])
  })
})

test.each<[string, readonly string[], string]>([
  ['nothing to compare with', ['plan', NEW], 'plan needs what to compare with: --from OLD or --socket PATH'],
  ['two things', ['plan', NEW, '--from', OLD, '--socket', 's'], 'plan takes one of --from and --socket'],
  ['a plan for nobody', ['plan', NEW, '--from', OLD, '--out', 'p'], 'plan --out needs --socket'],
  ['no file', ['plan', '--from', OLD], 'plan needs the configuration'],
  ['an option of another command', ['check', NEW, '--from', OLD], 'check has no option --from'],
])('wrong usage, code 2 and one sentence: %s', async (_, args, reason) => {
  const { code, stdout, stderr } = await cli(...args)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(`nemo-gateway: ${reason}`)
  expect(stderr).toMatch(/^.*\nSee nemo-gateway \w+ --help\n$/)
})
