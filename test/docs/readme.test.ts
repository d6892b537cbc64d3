import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as api from '../../src/index.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../..', import.meta.url))
const readme = await readFile(join(root, 'README.md'), 'utf8')
const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))

/** The fenced blocks of the README whose first line is "```LANGUAGE MARK". */
function fences(language: string, mark: string): string[] {
  const fence = new RegExp(`^\`\`\`${language} ${mark}\\n(.*?)^\`\`\`$`, 'gms')
  return [...readme.matchAll(fence)].map((match) => match[1]!)
}

/** What a block says it prints: the comments behind its `console.log` lines. */
function promisedOutput(code: string): string[] {
  return code
    .split('\n')
    .filter((line) => line.trimStart().startsWith('console.log'))
    .map((line) => line.slice(line.lastIndexOf('// ') + 3))
}

/** The rows of the table below the heading, each as its cells. */
function table(heading: string): string[][] {
  const section = readme.slice(readme.indexOf(`\n## ${heading}\n`))
  const rows = section
    .split('\n## ')[1]!
    .split('\n')
    .filter((line) => line.startsWith('|'))
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

let folder: string
beforeAll(async () => {
  // Inside the package, so that its own name resolves to it.
  await mkdir(join(root, '.cache'), { recursive: true })
  folder = await mkdtemp(join(root, '.cache', 'readme-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('README', () => {
  const programs = fences('js', 'run')
  const configurations = fences('hcl', 'check')

  it('has programs and configurations', () => {
    expect(programs.length).toBeGreaterThan(0)
    expect(configurations.length).toBeGreaterThan(0)
  })

  it.each(programs.map((code, i) => [i + 1, code]))('program %i prints what it says', async (i, code) => {
    const file = join(folder, `program-${i}.mjs`)
    await writeFile(file, code as string)
    const { stdout } = await run(process.execPath, [file])
    expect(stdout.trimEnd().split('\n')).toEqual(promisedOutput(code as string))
  })

  it.each(configurations.map((text, i) => [i + 1, text]))('configuration %i is fine', async (i, text) => {
    const file = join(folder, `gateway-${i}.hcl`)
    await writeFile(file, text as string)
    const cli = join(root, manifest.bin['nemo-gateway'])
    const { stdout } = await run(process.execPath, [cli, 'check', file, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ ok: true })
  })

  it('lists every error class with its kind and its own fields, and no other', () => {
    const documented = Object.fromEntries(
      table('Errors').map(([name, kind, fields]) => [
        name!.replaceAll('`', ''),
        {
          kind: kind!.replaceAll('`', ''),
          fields: fields!.replaceAll('`', '').split(', ').filter(Boolean).sort(),
        },
      ]),
    )
    expect(documented).toEqual(errorClasses())
  })

  it('names folders that exist', () => {
    const folders = table('How it is built').flatMap(([names]) => [...names!.matchAll(/`([^`]+)`/g)])
    expect(folders.length).toBeGreaterThan(5)
    for (const [, name] of folders) expect(existsSync(join(root, name!)), name).toBe(true)
  })

  it('names commands that exist', () => {
    const scripts = [...readme.matchAll(/npm run ([a-z-]+)/g)].map((match) => match[1]!)
    for (const script of [...scripts, 'start', 'test'])
      expect(Object.keys(manifest.scripts)).toContain(script)
  })

  it('links to files that exist', () => {
    for (const [, target] of readme.matchAll(/\]\((?!http)([^)#]+)\)/g))
      expect(existsSync(join(root, target!)), target).toBe(true)
  })
})

describe('CHANGELOG', () => {
  it('has the version of the package', async () => {
    const changelog = await readFile(join(root, 'CHANGELOG.md'), 'utf8')
    expect(changelog).toContain(`## ${manifest.version}`)
  })
})

/** Every error class that the package exports, with its kind and the fields that the base does not have. */
function errorClasses(): Record<string, { kind: string; fields: string[] }> {
  const common = new Set([
    'kind',
    'integration',
    'retryable',
    'errorClass',
    'name',
    'cause',
    'message',
    'stack',
  ])
  const classes = Object.entries(api).filter(
    ([name]) => name.endsWith('Error') && name !== 'IntegrationError',
  )
  return Object.fromEntries(
    classes.map(([name, value]) => {
      const Class = value as unknown as new (...parts: unknown[]) => api.IntegrationError
      const error = new Class('a', 'b', 'c')
      const fields = Object.getOwnPropertyNames(error).filter((field) => !common.has(field))
      return [name, { kind: error.kind, fields: fields.sort() }]
    }),
  )
}
