import { expect, test } from 'vitest'
import { ConfigError } from '../src/core/errors/config.js'
import { requireNode } from '../src/runtime.js'

test('Node is what the gateway runs on', () => {
  expect(() => requireNode(process.versions)).not.toThrow()
})

test.each([
  [{ node: '24.3.0', bun: '1.4.5' }, 'found Bun 1.4.5'],
  [{ node: '24.2.0', deno: '2.9.6' }, 'found Deno 2.9.6'],
])('%o is refused by name, in place of a start that hangs', (versions, found) => {
  expect(() => requireNode(versions)).toThrow(ConfigError)
  expect(() => requireNode(versions)).toThrow(`needs Node 20.19 or newer, ${found}`)
})
