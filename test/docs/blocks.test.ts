import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkConfiguration } from '../../src/cli/configuration.js'
import { COMMAND_HELP } from '../../src/cli/help.js'
import { readUsage } from '../../src/cli/usage.js'
import { allPages, type Fence, fencesOf, guides, inlineCode, pageAt, ROOT } from './markdown.js'

const LANGUAGES = ['', 'dockerfile', 'hcl', 'js', 'json', 'sh', 'text', 'ts', 'yaml']
const MARKS: Readonly<Record<string, RegExp>> = {
  js: /^(run|app=\S+|file=\S+)$/,
  ts: /^run$/,
  hcl: /^file=\S+$/,
  json: /^transform$/,
}
/** What only a whole program does. */
const PROGRAM = /^(const \w+ = )?await Gateway\.start\(/m

const fences = (await guides()).flatMap(fencesOf)
const of = (language: string) => fences.filter((fence) => fence.language === language)

let folder: string
beforeAll(async () => {
  await mkdir(join(ROOT, '.cache'), { recursive: true })
  folder = await mkdtemp(join(ROOT, '.cache', 'docs-blocks-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('every block is of a language that is checked, with marks that mean something', () => {
  const strange = fences.filter(
    ({ language, marks }) =>
      !LANGUAGES.includes(language) || marks.some((mark) => MARKS[language]?.test(mark) !== true),
  )
  expect(strange.map(({ page, line, language }) => `${page}:${line} ${language}`)).toEqual([])
})

test('every program is marked to be run', () => {
  const programs = [...of('js'), ...of('ts')].filter(({ code }) => PROGRAM.test(code))
  expect(programs.length).toBeGreaterThan(5)
  expect(
    programs.filter(({ marks }) => !marks.includes('run')).map(({ page, line }) => `${page}:${line}`),
  ).toEqual([])
})

test.each(of('hcl'))('the configuration at $page:$line is fine', async ({ page, line, code }) => {
  const path = join(folder, `${page.replaceAll('/', '-')}-${line}.hcl`)
  await writeFile(path, code)
  // The page shows the script that its configuration names.
  for (const script of of('js').filter((fence) => fence.page === page))
    for (const mark of script.marks)
      if (mark.startsWith('file=')) await writeFile(join(folder, mark.slice('file='.length)), script.code)
  const { ok, diagnostics } = await checkConfiguration({ path })
  expect(diagnostics).toEqual([])
  expect(ok).toBe(true)
})

test.each(of('json'))('the JSON at $page:$line is JSON', ({ code }) => {
  expect(() => JSON.parse(code)).not.toThrow()
})

test('every command of nemo-gateway that is shown is one', () => {
  const shown = [...fences.flatMap(commandsIn), ...inlineCommands]
  expect(shown.length).toBeGreaterThan(20)
  expect(
    shown.map((words) => ({ words, fault: faultOf(words) })).filter(({ fault }) => fault !== undefined),
  ).toEqual([])
})

test('every script of npm that is shown is one', async () => {
  const { scripts } = JSON.parse(pageAt('package.json').text) as { scripts: Record<string, string> }
  const shown = (await allPages()).flatMap(({ text }) =>
    [...text.matchAll(/npm (?:run ([a-z:-]+)|(start|test)\b)/g)].map((match) => (match[1] ?? match[2])!),
  )
  expect(shown.length).toBeGreaterThan(5)
  expect(shown.filter((script) => !Object.hasOwn(scripts, script))).toEqual([])
})

test('every file that a command of the README is given is there', () => {
  const paths = [...pageAt('README.md').text.matchAll(/node_modules\/nemo-gateway\/([\w./-]+)/g)].map(
    (match) => match[1]!,
  )
  expect(paths.length).toBeGreaterThan(0)
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

const inlineCommands = (await guides())
  .flatMap(inlineCode)
  .filter((code) => code.startsWith('nemo-gateway '))
  .map((code) => code.split(/\s+/).slice(1))

/** The arguments of each command in a block. */
function commandsIn({ language, code }: Fence): readonly (readonly string[])[] {
  if (language === 'sh')
    return code.split('\n').flatMap((line) => {
      const [, command] = /(?:^|\s|\/)nemo-gateway ([^|>#]*)/.exec(line) ?? []
      return command === undefined || line.startsWith('npm ') ? [] : [command.trim().split(/\s+/)]
    })
  if (language !== 'dockerfile' && language !== 'yaml') return []
  return [...code.matchAll(/\["[^"]*nemo-gateway", (.*)\]/g)].map(
    (match) => JSON.parse(`[${match[1]}]`) as string[],
  )
}

/** A command alone names it; anything more must be a command line that is understood. */
function faultOf(words: readonly string[]): string | undefined {
  const [command = ''] = words
  if (words.length === 1 && Object.hasOwn(COMMAND_HELP, command)) return undefined
  const usage = readUsage(words.filter((word) => word !== '…'))
  return usage.kind === 'wrong' ? usage.reason : undefined
}
