import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const WORKERS = new URL('../workers/', import.meta.url)
const files = readdirSync(WORKERS).filter((name) => /\.[cm]js$/.test(name))

/** Each actor has a copy of its file in memory, and a crash is over when a thread has loaded it again. */
describe.each(files)('the worker %s', (name) => {
  const code = readFileSync(new URL(name, WORKERS), 'utf8')

  test('has characters of one byte only: others would double its memory', () => {
    expect(code.match(/[^\0-\xff]/g)).toBeNull()
  })

  test('has no schemas: the configuration is checked on the host thread', () => {
    expect(code).not.toMatch(/\bZodError\b/)
  })
})

/** An actor of gRPC needs HTTP/2 and all that belongs to it. */
test.each(files.filter((name) => !name.startsWith('grpc')))(
  '%s loads what few actors need where it is needed',
  (name) => {
    const code = readFileSync(new URL(name, WORKERS), 'utf8')
    const imported = [...code.matchAll(/^(?:import [^;]*? from |.*? = require\()"([^"]+)"\)?;$/gm)].map(
      ([, module]) => module,
    )
    // Only the code of transforms needs no module of Node.
    expect(imported.length > 0).toBe(name !== 'transform.mjs')
    for (const module of ['tls', 'crypto', 'http', 'https', 'http2', 'zlib', 'vm'])
      expect(imported).not.toContain(`node:${module}`)
  },
)

test('there are workers', () => {
  expect(files.length).toBeGreaterThan(5)
})

test.each(files.filter((name) => name.endsWith('.cjs')))('%s imports no module by itself', (name) => {
  expect(readFileSync(new URL(name, WORKERS), 'utf8')).not.toMatch(/[^\w.]import\(/)
})
