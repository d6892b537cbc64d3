import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PricedBlock } from '../../src/core/reload-plan.js'
import { cli, type Running, start } from './support.js'

let folder: string
let file: string
let socket: string
let gateway: Running

/** The configuration of the tests; each changes one thing, and puts it back. */
function configuration(change: { timeout?: string; depth?: number; more?: string } = {}): string {
  const { timeout = '5s', depth = 32, more = '' } = change
  return `variable "db_password" {
  default = "hidden-default"
}
variable "region" {
  default = "eu"
}
integration "bus" {
  type    = "memory"
  timeout = "${timeout}"
}
integration "remote" {
  type    = "memory"
  timeout = var.db_password == "hidden-default" ? "5s" : "6s"
}
data "subscription" "prices" {
  integration = integration.bus
  topic       = "prices/$\{var.region}"
}
server "api" {
  type = "json-rpc"
  listen {
    address = "127.0.0.1"
    port    = 0
  }
  config {
    max_depth = ${depth}
  }
}
${more}`
}

const write = (text: string) => writeFile(file, text)
const blocksOf = (stdout: string) => (JSON.parse(stdout) as { blocks: readonly PricedBlock[] }).blocks

/** What a plan of the file would change now. */
async function changes(...args: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await cli('plan', file, '--socket', socket, '--json', ...args)
  return blocksOf(stdout)
    .filter(({ action }) => action !== 'unchanged')
    .map(({ kind, name, action }) => `${action} ${kind} ${name}`)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nemo-apply-'))
  file = join(folder, 'gateway.hcl')
  socket = join(folder, 'gateway.sock')
  await write(configuration())
  gateway = start(['run', file, '--socket', socket, '--var', 'region=us'])
  await gateway.seen(/gateway running/)
  await gateway.seen(/api listens/)
}, 60_000)
afterAll(async () => {
  gateway.child.kill('SIGTERM')
  const { code } = await gateway.ended
  await rm(folder, { recursive: true })
  expect(code).toBe(0)
})

test('a plan has the price of each change, is written, carried out once, and then out of date', async () => {
  await write(configuration({ timeout: '8s', depth: 16 }))
  const out = join(folder, 'change.plan')
  // The subscription is made some time after the start.
  await expect
    .poll(
      async () => {
        const { stdout } = await cli('plan', file, '--socket', socket, '--json')
        return blocksOf(stdout).find(({ name }) => name === 'bus')?.price
      },
      { timeout: 20_000 },
    )
    .toEqual({ subscriptions: 1, inHand: 0, gapMs: 0 })
  const planned = await cli('plan', file, '--socket', socket, '--out', out, '--detailed-exitcode')
  expect([planned.code, planned.stderr]).toEqual([2, ''])
  expect(planned.stdout).toMatch(
    /↻ reconnect {2}integration "bus"\n +timeout {2}"5s" → "8s" {2}\(.*gateway\.hcl:9\)\n +1 subscription made again, 0 requests and messages in hand, no gap\n/,
  )
  expect(planned.stdout).toMatch(
    /± replace {4}server "api"\n +forced by listen at .*gateway\.hcl:21: one listener .*\n.*\n +0 subscriptions made again, 0 requests and messages in hand, a gap of about \d+ ms\n/,
  )
  expect(planned.stdout).toContain('Plan: 1 to reconnect, 1 to replace, 3 unchanged\n')
  expect(planned.stdout).toContain(`apply ${out}\n`)
  expect((await stat(out)).mode & 0o777).toBe(0o600)
  // Nothing has changed yet.
  expect(await changes()).toEqual(['reconnect integration bus', 'replace server api'])

  const applied = await cli('apply', out)
  expect([applied.code, applied.stderr]).toEqual([0, ''])
  expect(applied.stdout).toContain('Done: 1 reconnected, 1 replaced, 3 unchanged\n')
  expect(await changes()).toEqual([])

  const again = await cli('apply', out)
  expect([again.code, again.stdout]).toEqual([1, ''])
  expect(again.stderr).toBe(
    'nemo-gateway: since the plan was made, the gateway has been started again or its configuration has changed: make a new plan\n',
  )
})

test('a plan is refused if the files have changed since', async () => {
  await write(configuration({ timeout: '9s' }))
  const out = join(folder, 'stale.plan')
  await cli('plan', file, '--socket', socket, '--out', out)
  await write(configuration({ timeout: '10s' }))
  const { code, stdout, stderr } = await cli('apply', out, '--json')
  expect([code, stderr]).toEqual([1, ''])
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    reason: 'since the plan was made, the files, variables or environment have changed: make a new plan',
  })
  expect(await changes()).toEqual(['reconnect integration bus', 'replace server api'])
  // A comment changes nothing.
  await write(`# a comment\n${configuration({ timeout: '9s' })}`)
  expect((await cli('apply', out)).code).toBe(0)
})

test('values of variables are needed again, and are in no output', async () => {
  await write(configuration({ timeout: '9s' }))
  const out = join(folder, 'variables.plan')
  const planned = await cli('plan', file, '--socket', socket, '--out', out, '--var', 'db_password=hidden-new')
  expect(planned.stdout).toContain(`apply ${out} --var db_password=…\n`)
  expect(planned.stdout).toContain('timeout  (sensitive) → (sensitive)')
  expect(planned.stdout + (await readFile(out, 'utf8'))).not.toMatch(/hidden-/)
  const without = await cli('apply', out)
  expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('--var db_password=…')])
  const other = await cli('apply', out, '--var', 'db_password=hidden-default')
  expect([other.code, other.stderr]).toEqual([
    1,
    expect.stringContaining('variables or environment have changed'),
  ])
  expect((await cli('apply', out, '--var', 'db_password=hidden-new')).code).toBe(0)
  // The gateway keeps the value, and that of its start.
  expect(await changes()).toEqual([])
  expect(await changes('--var', 'region=eu')).toEqual(['in place data prices'])
  expect(await changes('--var', 'db_password=hidden-default')).toEqual(['reconnect integration remote'])
})

test('a file is applied without a plan', async () => {
  await write(configuration({ timeout: '11s' }))
  const { code, stdout } = await cli('apply', file, '--socket', socket, '--json')
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { ok: true, changes: 1, summary: { reconnect: 1 } }])
  const again = await cli('apply', file, '--socket', socket)
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('Nothing to do: 5 unchanged\n')])
})

test('a reload that is refused ends with 1 and the reason, and nothing has changed', async () => {
  const more = `integration "far" {
  type = "mqtt"
  endpoint {
    address = "127.0.0.1"
    port    = 1
  }
  supervision {
    ready_timeout = "500ms"
  }
}
`
  await write(configuration({ timeout: '12s', more }))
  const { code, stdout, stderr } = await cli('apply', file, '--socket', socket)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(
    /^nemo-gateway: the reload was refused, and nothing has changed: "far" is not ready: .*\n$/,
  )
  expect(await changes()).toEqual(['reconnect integration bus', 'create integration far'])
  await write(configuration({ timeout: '11s' }))
  expect(await changes()).toEqual([])
})

test('a part that only a new start changes is an error of the plan, which is not written', async () => {
  await writeFile(join(folder, 'a.mjs'), 'export const run = () => 1\n')
  await write(configuration({ timeout: '11s', more: 'script "a" {\n  path = "./a.mjs"\n}\n' }))
  const out = join(folder, 'fixed.plan')
  const { code, stderr } = await cli('plan', file, '--socket', socket, '--out', out)
  expect([code, stderr]).toEqual([1, expect.stringContaining('a reload cannot change the blocks "script"')])
  await expect(stat(out)).rejects.toThrow('ENOENT')
})

test('the faults of a configuration come with their places and lines', async () => {
  await write(configuration().replace('"memory"', '"memroy"'))
  for (const command of ['plan', 'apply']) {
    const { code, stdout, stderr } = await cli(command, file, '--socket', socket)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`${file}:8:13`)
    expect(stderr).toContain('did you mean "memory"?')
  }
})

test.each<[string, readonly string[], number, string]>([
  [
    'no gateway',
    ['plan', 'x.hcl', '--socket', '/nowhere/x.sock'],
    1,
    'no gateway listens at /nowhere/x.sock',
  ],
  ['no plan and no configuration', ['apply', '/nowhere/x.plan'], 1, 'cannot read /nowhere/x.plan'],
])('%s is one sentence', async (_, args, code, reason) => {
  const ended = await cli(...args)
  expect([ended.code, ended.stdout]).toEqual([code, ''])
  expect(ended.stderr).toMatch(/^nemo-gateway: .*\n$/)
  expect(ended.stderr).toContain(reason)
})

test('a file that is no plan, or no longer one, is one sentence', async () => {
  const at = (name: string, text: string) =>
    writeFile(join(folder, name), text).then(() => join(folder, name))
  const plan = { format: 'nemo-gateway plan', version: 1 }
  const faults: readonly [string, number, string][] = [
    [await at('other.json', '{"a": 1}'), 1, 'is not a plan of nemo-gateway'],
    [await at('half.json', '{"format": "nemo-gat'), 1, 'is not a plan of nemo-gateway'],
    [await at('later.json', JSON.stringify({ ...plan, version: 2 })), 1, 'another version'],
    [await at('damaged.json', JSON.stringify(plan)), 1, 'is damaged'],
    [await at('list.json', '[]'), 1, 'is not a plan of nemo-gateway'],
    [
      await at(
        'names.json',
        JSON.stringify({ ...plan, path: 'x', socket: 's', variables: [1], fingerprints: {} }),
      ),
      1,
      'is damaged',
    ],
    // A full disk, and one that lost power, leave these.
    [await at('empty.plan', ''), 1, 'is empty: it is neither a plan nor a configuration'],
    [await at('blank.plan', ' \n'), 1, 'is empty: it is neither a plan nor a configuration'],
    [await at('zeros.plan', '\0'.repeat(100)), 1, 'is not text: it is neither a plan nor a configuration'],
    ['/dev/zero', 1, 'expected a file, found a device'],
  ]
  // Also with a socket, to which anything else than a plan would be sent as a configuration.
  for (const args of [[], ['--socket', socket]])
    for (const [path, code, reason] of faults) {
      const ended = await cli('apply', path, ...args)
      expect([path, ended.code, ended.stdout]).toEqual([path, code, ''])
      expect(ended.stderr).toMatch(/^nemo-gateway: .*\n$/)
      expect(ended.stderr).toContain(reason)
    }
  for (const path of [file, folder]) {
    const ended = await cli('apply', path)
    expect([ended.code, ended.stdout]).toEqual([2, ''])
    expect(ended.stderr).toMatch(/^nemo-gateway: .* is not a plan: to apply it .* --socket PATH\n$/)
  }
})

test('--out overwrites nothing but a plan', async () => {
  await write(configuration({ timeout: '13s' }))
  const [notes, conf, empty, again] = ['notes.txt', 'conf.d', 'empty', 'again.plan'].map((name) =>
    join(folder, name),
  )
  await writeFile(notes!, 'a year of work')
  await mkdir(conf!)
  await writeFile(empty!, '')
  const out = (path: string) => cli('plan', file, '--socket', socket, '--out', path)
  for (const [path, reason] of [
    [file, 'would be read as a configuration'],
    [join(conf!, 'new.hcl'), 'would be read as a configuration'],
    [notes!, 'exists and is not a plan'],
    [conf!, 'is a folder'],
  ] as const) {
    const { code, stdout, stderr } = await out(path)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^nemo-gateway: --out .*\n$/)
    expect(stderr).toContain(reason)
  }
  expect(await readFile(notes!, 'utf8')).toBe('a year of work')
  expect(await readFile(file, 'utf8')).toBe(configuration({ timeout: '13s' }))
  expect(await readdir(conf!)).toEqual([])
  // As `mktemp` makes it, a new one, and a plan.
  for (const path of [empty!, again!, again!]) expect((await out(path)).code).toBe(0)
  expect((await cli('apply', again!)).code).toBe(0)
})

test('a reload that would remove all is refused, and a plan says so', async () => {
  for (const [text, commands] of [
    ['', ['plan']],
    ['# All is commented out.\n', ['plan', 'apply']],
  ] as const) {
    await write(text)
    for (const command of commands) {
      const { code, stderr } = await cli(command, file, '--socket', socket)
      expect([code, stderr]).toEqual([1, expect.stringContaining('does not remove all that runs')])
      expect(stderr).toContain('to end the gateway, send it SIGTERM')
    }
  }
  await write(configuration({ timeout: '13s' }))
  expect(await changes()).toEqual([])
})
