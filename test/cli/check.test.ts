import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cli, FIXTURES, start } from './support.js'

test('the program itself: its output, its complaints and its exit code', async () => {
  const right = await start(['check', `${FIXTURES}gateway.hcl`]).ended
  expect(right).toEqual({ code: 0, stdout: expect.stringContaining('is fine'), stderr: '' })
  const wrong = await start(['chekc']).ended
  expect(wrong).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining('did you mean check?') })
})

test('a right configuration: a summary on stdout, nothing on stderr, code 0', async () => {
  const { code, stdout, stderr } = await cli('check', `${FIXTURES}gateway.hcl`)
  expect(stdout).toContain('is fine: 1 integration, 1 broker\n  events')
  expect([code, stderr]).toEqual([0, ''])
})

test('a wrong one: diagnostics on stderr, nothing on stdout, code 1', async () => {
  const { code, stdout, stderr } = await cli('check', `${FIXTURES}wrong.hcl`)
  expect(stderr).toContain('wrong.hcl:2:10')
  expect(stderr).toContain('did you mean "memory"?')
  expect(stderr).toContain('1 error\n')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no colours where nobody looks
  expect(stderr).not.toMatch(/\u001b/)
  expect([code, stdout]).toEqual([1, ''])
})

test('fifteen faults of a folder are all reported, each at its place', async () => {
  const folder = `${FIXTURES}../../config/fixtures/fifteen-faults`
  const { code, stdout, stderr } = await cli('check', folder)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr.match(/^ *--> .*\.hcl:\d+:\d+$/gmu)).toHaveLength(15)
  expect(stderr).toContain('15 errors\n')
})

test('--json gives one object on stdout', async () => {
  const good = await cli('check', '--json', `${FIXTURES}gateway.hcl`)
  expect([good.code, JSON.parse(good.stdout), good.stderr]).toEqual([0, { ok: true, diagnostics: [] }, ''])
  const bad = await cli('check', `${FIXTURES}wrong.hcl`, '--json')
  expect([bad.code, bad.stderr]).toEqual([1, ''])
  expect(JSON.parse(bad.stdout)).toMatchObject({
    ok: false,
    diagnostics: [{ severity: 'error', line: 2, column: 10 }],
  })
})

test('variables are given with --var; an unknown one is an error', async () => {
  const good = await cli('check', `${FIXTURES}gateway.hcl`, '--var', 'broker=other')
  expect(good.stdout).toContain('other   memory broker')
  const bad = await cli('check', `${FIXTURES}gateway.hcl`, '--var=brokr=x')
  expect([bad.code, bad.stderr]).toEqual([1, expect.stringContaining('did you mean "broker"?')])
})

test('a missing file is an error of the configuration', async () => {
  const { code, stderr } = await cli('check', 'nowhere.hcl')
  expect([code, stderr]).toEqual([1, expect.stringContaining('the file or folder does not exist')])
})

test.each<[string, readonly string[], string]>([
  ['no command', [], 'missing command'],
  ['an unknown command', ['chekc', 'x.hcl'], 'did you mean check?'],
  ['help for an unknown command', ['help', 'chekc'], 'did you mean check?'],
  ['an unknown option', ['check', 'x.hcl', '--jsno'], 'did you mean --json?'],
  ['an option of another command', ['check', 'x.hcl', '--app', 'x.mjs'], 'check has no option --app'],
  ['no file', ['run'], 'run needs the configuration'],
  ['two files', ['check', 'a.hcl', 'b.hcl'], 'found "b.hcl" as well'],
  ['a variable without a value', ['check', 'a.hcl', '--var', 'x'], '--var expects NAME=VALUE'],
  ['an option without its value', ['check', 'a.hcl', '--var'], '--var needs a value'],
  ['a value for a switch', ['check', 'a.hcl', '--json=yes'], '--json takes no value'],
])('wrong usage, code 2, a reason and where to find help: %s', async (_, args, reason) => {
  const { code, stdout, stderr } = await cli(...args)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(reason)
  expect(stderr).toMatch(/See nemo-gateway .*--help\n$/)
})

test.each([
  [['--help']],
  [['-h']],
  [['run', '--help']],
  [['check', '-h']],
  [['schema', '--help']],
  [['help']],
  [['help', 'run']],
])('help with examples: %j', async (args) => {
  const { code, stdout, stderr } = await cli(...args)
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/Usage\n.*Examples\n {2}nemo-gateway/s)
})

test('--version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  expect((await cli('--version')).stdout).toBe(`${version}\n`)
})

test('a schema of payloads is read too', async () => {
  const { code, stdout, stderr } = await cli('check', `${FIXTURES}schema.hcl`)
  expect(stderr).toContain('error: the type Lin is not declared; did you mean Line?')
  expect(stderr).toMatch(/--> .*order\.proto:6:3\n.*\n6 \| {3}Lin line = 1;/)
  expect([code, stdout]).toEqual([1, ''])
})

test.each([
  ['a.json', 'JSON'],
  ['dir/a.YAML', 'YAML'],
  ['a.yml', 'YAML'],
  ['a.toml', 'TOML'],
])('%s is said to be %s in one sentence', async (path, language) => {
  const { code, stdout, stderr } = await cli('check', path)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toBe(
    `error: expected an HCL file such as gateway.hcl, or a folder with *.hcl files, found a ${language} file\n --> ${path}\n\n1 error\n`,
  )
})

test('addresses are listed with their ports, and checked', async () => {
  const right = await cli('check', `${FIXTURES}addresses.hcl`)
  expect(right.stdout).toMatch(
    /\n {2}events +mqtt +mqtts:\/\/broker\.example:8883\n {2}jobs +nats +nats:\/\/one:4222, nats:\/\/two:4223\n/,
  )
  const wrong = await cli('check', `${FIXTURES}addresses.hcl`, '--var', 'host=broker.example:mqtt')
  expect([wrong.code, wrong.stdout]).toEqual([1, ''])
  expect(wrong.stderr).toContain('error: integration "events": invalid address for mqtt\n')
  expect(wrong.stderr).toContain('found "broker.example:mqtt"\n')
})

test('the summary names servers too', async () => {
  const { stdout } = await cli('check', `${FIXTURES}server.hcl`)
  expect(stdout).toContain('is fine: 1 integration, 1 server, 1 broker\n')
  expect(stdout).toMatch(/\n {2}api +json-rpc server +127\.0\.0\.1, any free port\n/)
})

test('servers and brokers are listed with where they listen', async () => {
  const { stdout } = await cli('check', `${FIXTURES}listeners.hcl`)
  expect(stdout).toMatch(/\n {2}api +json-rpc server +127\.0\.0\.1:8080\/rpc\n/)
  expect(stdout).toMatch(/\n {2}stock +grpc server +\[::1\]:8081\n/)
  expect(stdout).toMatch(/\n {2}edge +mqtt broker +127\.0\.0\.1:1883\n/)
})

test('schema prints the JSON Schema of a configuration', async () => {
  const { code, stdout, stderr } = await cli('schema')
  expect([code, stderr]).toEqual([0, ''])
  expect(JSON.parse(stdout)).toMatchObject({ title: 'A configuration of nemo-gateway', type: 'object' })
  const wrong = await cli('schema', 'gateway.hcl')
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('schema takes no file')])
})
