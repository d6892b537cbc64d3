import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ADAPTERS } from '../../src/adapters/catalogue.js'
import type { Capability } from '../../src/core/capability.js'
import { canDo } from './capability-table.js'
import { markedPart } from './marked.js'
import { pathOf } from './pages.js'
import { TABLES } from './tables.js'

const EVERYTHING = ['call', 'serve', 'publish', 'subscribe', 'enqueue', 'dequeue'] as const

interface Promised {
  readonly does: readonly Capability[]
  readonly format: string
  readonly formats?: readonly string[]
}

/** Every "yes" of DESIGN section 3, and the formats. */
const PROMISED: Readonly<Record<string, Promised>> = {
  'json-rpc': { does: ['call', 'batch', 'notify', 'serve', 'publish', 'subscribe'], format: 'json' },
  grpc: { does: ['call', 'serve', 'subscribe'], format: 'protobuf', formats: ['json'] },
  mqtt: { does: EVERYTHING, format: 'msgpack', formats: ['json', 'binary'] },
  nats: { does: EVERYTHING, format: 'json', formats: ['msgpack', 'binary'] },
  redis: { does: EVERYTHING, format: 'json', formats: ['msgpack', 'binary'] },
  memory: { does: EVERYTHING, format: 'json' },
}

test.each(TABLES)(
  '$page has the table "$name" that the manifests make (npm run capabilities writes it)',
  async ({ page, name, write }) => {
    expect(markedPart(await readFile(pathOf(page), 'utf8'), name)).toBe(write())
  },
)

test.each(ADAPTERS.map((manifest) => [manifest.type, manifest] as const))(
  '%s does what was promised, or more',
  (type, manifest) => {
    const promised = PROMISED[type]
    expect(promised, 'a protocol that DESIGN section 3 knows').toBeDefined()
    const { does, format, formats = [] } = promised!
    expect(does.filter((capability) => !canDo(manifest, capability))).toEqual([])
    expect(manifest.defaultFormat).toBe(format)
    expect(manifest.formats).toEqual(expect.arrayContaining([format, ...formats]))
  },
)

test('remarks are about what a protocol can do', () => {
  for (const manifest of ADAPTERS)
    for (const capability of Object.keys(manifest.remarks ?? {}))
      expect(canDo(manifest, capability as Capability), `${manifest.type} ${capability}`).toBe(true)
})
