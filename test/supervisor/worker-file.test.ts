import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/core/errors/config.js'
import { workerFile } from '../../src/supervisor/worker-file.js'

describe('the file of a worker', () => {
  test('is where its manifest says', () => {
    const url = new URL(import.meta.url)
    expect(workerFile({ type: 'acme', worker: () => url })).toBe(url)
  })

  test('that does not exist is an error that says which file is expected and what to do', () => {
    const worker = () => pathToFileURL('/srv/app/workers/acme.cjs')
    expect(() => workerFile({ type: 'acme', worker })).toThrow(ConfigError)
    expect(() => workerFile({ type: 'acme', worker })).toThrow(
      /^the worker of "acme" is missing: expected the file \/srv\/app\/workers\/acme\.cjs\. Mark "nemo-gateway" as external in your bundler \(esbuild: --external:nemo-gateway; .*\), or copy the files of node_modules\/nemo-gateway\/dist\/workers to \/srv\/app\/workers\/; see docs\/bundlers\.md$/,
    )
  })

  test('may be a path, as in a bundle of ncc', () => {
    const path = fileURLToPath(import.meta.url)
    expect(workerFile({ type: 'acme', worker: () => path }).href).toBe(import.meta.url)
  })

  test('that is missing is an error with the lines of docs/bundlers.md', () => {
    const page = readFileSync(new URL('../../../docs/bundlers.md', import.meta.url), 'utf8')
    const rows = page.split('\n').filter((line) => line.startsWith('| ') && line.includes('nemo-gateway'))
    expect(rows.length).toBeGreaterThan(3)
    for (const row of rows)
      expect(() =>
        workerFile({ type: 'acme', worker: () => pathToFileURL('/srv/app/workers/acme.cjs') }),
      ).toThrow(/`([^`]*nemo-gateway[^`]*)`/.exec(row)![1])
  })

  test.each([
    ['without import.meta.url', () => new URL('./workers/acme.cjs', undefined), 'has no import.meta.url'],
    [
      'that turns it into the path of an asset',
      relativeUrl,
      'expected a file, found the address /assets/acme.cjs',
    ],
  ])('in a bundle %s is an error that says what to do', (_, worker, found) => {
    expect(() => workerFile({ type: 'acme', worker })).toThrow(ConfigError)
    expect(() => workerFile({ type: 'acme', worker })).toThrow(found)
    expect(() => workerFile({ type: 'acme', worker })).toThrow('Mark "nemo-gateway" as external')
  })
})

/** What webpack makes of `new URL` with `parser.url` set to "relative", as Next.js does. */
function relativeUrl(): URL {
  return { protocol: '', href: '/assets/acme.cjs' } as URL
}
