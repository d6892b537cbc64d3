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
      'the worker of "acme" is missing: expected the file /srv/app/workers/acme.mjs. Mark "nemo-gateway" as external in your bundler (esbuild: --external:nemo-gateway, Next.js: serverExternalPackages: ["nemo-gateway"]), or copy node_modules/nemo-gateway/dist/workers/*.mjs to /srv/app/workers/; see docs/bundlers.md',
    )
  })

  test.each([
    ['without import.meta.url', () => new URL('./workers/acme.mjs', undefined), 'has no import.meta.url'],
    [
      'that turns it into the path of an asset',
      relativeUrl,
      'expected a file, found the address /assets/acme.mjs',
    ],
  ])('in a bundle %s is an error that says what to do', (_, worker, found) => {
    expect(() => workerFile({ type: 'acme', worker })).toThrow(ConfigError)
    expect(() => workerFile({ type: 'acme', worker })).toThrow(found)
    expect(() => workerFile({ type: 'acme', worker })).toThrow('Mark "nemo-gateway" as external')
  })
})

/** What webpack makes of `new URL` with `parser.url` set to "relative", as Next.js does. */
function relativeUrl(): URL {
  return { protocol: '', href: '/assets/acme.mjs' } as URL
}
