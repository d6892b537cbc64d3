import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { transformSync } from 'rolldown/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closedPort } from '../support/http-service.js'
import { type Fence, fencesOf, guides, markOf, ROOT } from './markdown.js'

const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
const CLI = join(ROOT, manifest.bin['nemo-gateway'])

const fences = (await guides()).flatMap(fencesOf)
const programs = fences.filter(({ marks }) => marks.includes('run'))
const apps = fences.filter((fence) => markOf(fence, 'app') !== undefined)

let folder: string
beforeAll(async () => {
  // Inside the package, so that its own name resolves to it.
  await mkdir(join(ROOT, '.cache'), { recursive: true })
  folder = await mkdtemp(join(ROOT, '.cache', 'docs-programs-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const nameOf = ({ page, line }: Fence) => `${page.replace(/\.md$/, '').replaceAll('/', '-')}-${line}`

/** What a block says it prints: the comments behind its `console` lines. */
function promisedOutput({ code }: Fence): readonly string[] {
  return code
    .split('\n')
    .filter((line) => /console\.(log|error)\(.* \/\/ /.test(line))
    .map((line) => line.slice(line.lastIndexOf('// ') + 3))
}

test('there are programs and applications', () => {
  expect(programs.length).toBeGreaterThan(5)
  expect(apps.length).toBeGreaterThan(1)
})

test.each(programs)('the program at $page:$line prints what it says', async (fence) => {
  const file = join(folder, `${nameOf(fence)}.mjs`)
  await writeFile(
    file,
    fence.language === 'ts' ? transformSync(file.replace(/mjs$/, 'ts'), fence.code).code : fence.code,
  )
  const { stdout } = await promisify(execFile)(process.execPath, [file])
  expect(stdout.trimEnd().split('\n')).toEqual(promisedOutput(fence))
})

describe.each(apps)('the application at $page:$line', (fence) => {
  let child: ChildProcess
  let output = ''
  let probes: string
  beforeAll(async () => {
    const at = join(folder, nameOf(fence))
    await mkdir(at)
    const name = markOf(fence, 'app')!
    const configuration = fences.find((other) => other.page === fence.page && markOf(other, 'file') === name)!
    await writeFile(join(at, name), configuration.code)
    await writeFile(join(at, 'app.mjs'), fence.code)
    // Not the port of the page: somebody may have it.
    const variables = configuration.code.includes('variable "port"')
      ? ['--var', `port=${await closedPort()}`]
      : []
    const port = await closedPort()
    probes = `http://127.0.0.1:${port}`
    const args = [CLI, 'run', name, '--app', 'app.mjs', ...variables]
    child = spawn(process.execPath, args, { cwd: at, env: { ...process.env, PROBE_PORT: String(port) } })
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk) => {
        output += chunk
      })
  })
  afterAll(() => child?.kill('SIGKILL'))

  test('prints what it says, answers probes, and ends on SIGTERM', async () => {
    for (const line of promisedOutput(fence)) await expect.poll(() => output).toContain(line)
    if (fence.code.includes('PROBE_PORT'))
      for (const [path, status] of [
        ['/live', 200],
        ['/ready', 200],
        ['/other', 503],
      ] as const)
        await expect.poll(async () => (await fetch(probes + path)).status).toBe(status)
    const ended = new Promise((resolve) => child.on('exit', resolve))
    child.kill('SIGTERM')
    expect(await ended, output).toBe(0)
  })
})
