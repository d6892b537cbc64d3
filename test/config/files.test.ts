import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkWithModules, type LoadOptions } from '../../src/config/load.js'
import { schemaFaults } from '../../src/gateway-schemas.js'

let folder: string
const at = (name: string) => join(folder, name)
const MEMORY = 'integration "bus" {\n  type = "memory"\n}\n'

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nemo-config-files-'))
  for (const name of ['conf', 'piped', 'node_modules', 'node_modules/piped']) mkdirSync(at(name))
  for (const name of ['pipe', 'piped/a.hcl', 'node_modules/piped/package.json', 'imported.proto'])
    execFileSync('/usr/bin/env', ['mkfifo', at(name)])
})
afterAll(() => rmSync(folder, { recursive: true }))

async function faultsOf(path: string, options: LoadOptions = {}): Promise<readonly string[]> {
  const checked = await checkWithModules(path, { env: {}, ...options })
  const faults = checked.ok ? await schemaFaults(checked.config) : checked.diagnostics
  return faults.map(({ message }) => message)
}

const PIPE = 'expected a file, found a pipe'

test('a pipe in the place of any file is refused instead of waited for', async () => {
  const write = (text: string) => {
    writeFileSync(at('gateway.hcl'), text)
    return at('gateway.hcl')
  }
  const payload = (proto: string) =>
    `integration "bus" {\n  type = "memory"\n  format = "protobuf"\n  protobuf {\n    proto = "${proto}"\n    message = "M"\n  }\n}\n`
  expect(await faultsOf(at('pipe'))).toEqual([`the configuration cannot be read: ${PIPE}`])
  expect(await faultsOf(at('piped'))).toEqual([`the configuration cannot be read: ${PIPE}`])
  expect(await faultsOf(write(`${MEMORY}locals {\n  a = file("pipe")\n}\n`))).toEqual([
    expect.stringContaining(PIPE),
  ])
  expect(await faultsOf(write('integration "own" {\n  type = "piped"\n}\n'))).toEqual([
    expect.stringContaining('unknown protocol'),
  ])
  expect(await faultsOf(write(payload('pipe')))).toEqual([expect.stringContaining(PIPE)])
  writeFileSync(at('m.proto'), 'syntax = "proto3"; import "imported.proto"; message M {}')
  expect(await faultsOf(write(payload('m.proto')))).toEqual([expect.stringContaining(PIPE)])
})

test('hidden files of a folder are not read', async () => {
  writeFileSync(at('conf/a.hcl'), MEMORY)
  // A lock of Emacs leads nowhere.
  symlinkSync('me@host.123:456', at('conf/.#a.hcl'))
  writeFileSync(at('conf/.a.hcl'), 'half {')
  expect(await faultsOf(at('conf'))).toEqual([])
})

test('a file of a folder must not be empty while a gateway runs blocks of it', async () => {
  mkdirSync(at('two'))
  writeFileSync(at('two/a.hcl'), MEMORY)
  writeFileSync(at('two/b.hcl'), '\n')
  const inUse = new Set([at('two/a.hcl'), at('two/b.hcl')])
  expect(await faultsOf(at('two'))).toEqual([])
  expect(await faultsOf(at('two'), { inUse })).toEqual([
    expect.stringContaining('the file is empty, and the gateway runs blocks that it had'),
  ])
  writeFileSync(at('two/b.hcl'), '# Nothing any more.\n')
  expect(await faultsOf(at('two'), { inUse })).toEqual([])
})
