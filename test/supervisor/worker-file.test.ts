import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/core/errors.js'
import { workerFile } from '../../src/supervisor/worker-file.js'

describe('the file of a worker', () => {
  test('is where its manifest says', () => {
    const url = new URL(import.meta.url)
    expect(workerFile({ type: 'acme', worker: () => url })).toBe(url)
  })

  test('that does not exist is an error that says which file is expected and what to do', () => {
    const worker = () => pathToFileURL('/srv/app/workers/acme.mjs')
    expect(() => workerFile({ type: 'acme', worker })).toThrow(ConfigError)
    expect(() => workerFile({ type: 'acme', worker })).toThrow(
      'the worker of "acme" is missing: expected the file /srv/app/workers/acme.mjs. A bundler left it out: mark "nemo-gateway" as external (esbuild: --external:nemo-gateway), or copy node_modules/nemo-gateway/dist/workers/*.mjs to /srv/app/workers/; see docs/bundlers.md',
    )
  })

  test('in a bundle without import.meta.url is an error that says what to do', () => {
    const worker = () => new URL('./workers/acme.mjs', undefined)
    expect(() => workerFile({ type: 'acme', worker })).toThrow(ConfigError)
    expect(() => workerFile({ type: 'acme', worker })).toThrow('mark "nemo-gateway" as external')
  })
})
