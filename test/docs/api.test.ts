import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { docFaults, hiddenTypes } from './api/faults.js'
import { apiPages } from './api/pages.js'
import { compile, ROOT } from './api/program.js'
import { entriesOf, readApi } from './api/read.js'

const pages = apiPages()
const { entries, checker } = readApi()

describe('the API reference', () => {
  test.each(Object.entries(pages))(
    '%s is what the sources say (npm run docs writes it)',
    async (path, text) => {
      expect(await readFile(join(ROOT, path), 'utf8')).toBe(text)
    },
  )

  test('has a page for each entry point', () => {
    const names = entries.map(({ specifier }) => specifier)
    expect(names).toEqual(['nemo-gateway', 'nemo-gateway/adapter', 'nemo-gateway/testing'])
  })

  test('links to headings that there are', () => {
    const headings = new Map(
      Object.entries(pages).map(([path, text]) => [path.split('/').at(-1)!, anchorsOf(text)]),
    )
    const links = Object.entries(pages).flatMap(([path, text]) =>
      [...text.matchAll(/(?:\]\(|href=")(\w+\.md)?#([\w-]+)/g)].map(([, page, anchor]) => ({
        page: page ?? path.split('/').at(-1)!,
        anchor: anchor!,
      })),
    )
    expect(links.length).toBeGreaterThan(300)
    expect(links.filter(({ page, anchor }) => !headings.get(page)?.has(anchor))).toEqual([])
  })
})

describe('the public interface', () => {
  test('is documented: every export and public member, what it returns and what it throws', () => {
    expect(docFaults(entries)).toEqual([])
  })

  test('names no type that is not exported', () => {
    expect(hiddenTypes(entries, checker)).toEqual([])
  })
})

const PLANTED = `
export interface Options { readonly ms: number }
/** Documented. */
export class Client {
  readonly #own = 1
  get size(): number { return this.#own }
  /** Asks. @throws Error always */
  ask(options: Options): Promise<string> { throw new Error(String(options)) }
  /** Tells. Never throws. */
  tell(): Promise<void> { return Promise.resolve() }
  /** Stops at once. */
  stop(ms: number): void {}
  /** All is said. Resolves when it is done. @throws Error never, in fact */
  end(): Promise<void> { return Promise.resolve() }
  /** @internal */
  inside(): void {}
}
`

describe('the check', () => {
  test('finds what is not documented', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nemo-api-'))
    try {
      const path = join(folder, 'planted.ts')
      await writeFile(path, PLANTED)
      const all = [{ specifier: 'planted', page: 'planted', path }]
      const program = compile(all)
      expect(docFaults(entriesOf(all, program, program.getTypeChecker()))).toEqual([
        'planted: Client.size is not documented',
        'planted: client.ask() does not say what it returns (@returns)',
        'planted: client.tell() does not say when it resolves',
        'planted: client.stop() does not say what "ms" is (@param)',
        'planted: client.stop() does not say what it throws (@throws, "Never throws" or "Never rejects")',
        'planted: Options is not documented',
        'planted: Options.ms is not documented',
      ])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

/** The anchors of a page, as GitHub makes them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>()
  const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => {
    const slug = heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-')
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  })
  return new Set(anchors)
}
