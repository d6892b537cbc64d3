import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.js'
import type { ConfigObject } from '../../src/index.js'
import { fingerprintOf } from '../../src/reload/fingerprint.js'

const KEY = Buffer.alloc(32, 1)
type Parts = { password?: string; topic?: string; order?: 'reversed'; value?: number }

function configuration({ password = 'one', topic = 'prices', order, value = 1 }: Parts = {}): ConfigObject {
  const integrations = {
    bus: { type: 'memory' },
    events: {
      type: 'mqtt',
      endpoint: { address: '127.0.0.1' },
      auth: { type: 'basic', username: 'u', password },
    },
  }
  const entries = Object.entries(integrations)
  return {
    variables: { unit: { default: value } },
    integrations: Object.fromEntries(
      order === 'reversed'
        ? entries.map(([name, block]) => [name, Object.fromEntries(Object.entries(block).reverse())])
        : entries,
    ),
    actions: {
      say: {
        type: 'publish',
        config: { integration: 'bus', topic: `${topic}/$\{trigger.value * var.unit}`, message: { n: 1 } },
      },
    },
  } as unknown as ConfigObject
}

async function fingerprint(parts?: Parts, key = KEY): Promise<string> {
  return fingerprintOf((await loadConfig(configuration(parts))).config, key)
}

test('it is the same for the same configuration, in whatever order attributes are written', async () => {
  const first = await fingerprint()
  expect(await fingerprint()).toBe(first)
  expect(await fingerprint({ order: 'reversed' })).toBe(first)
})

test.each<[string, Parts]>([
  ['a secret', { password: 'two' }],
  ['an expression of the run time', { topic: 'prices/eu' }],
  ['a variable in an expression of the run time', { value: 2 }],
])('%s makes another one', async (_, parts) => {
  expect(await fingerprint(parts)).not.toBe(await fingerprint())
})

test('it tells nothing without its key', async () => {
  expect(await fingerprint({}, Buffer.alloc(32, 2))).not.toBe(await fingerprint())
})
