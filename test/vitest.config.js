import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { UnfinishedReporter } from './unfinished-reporter.js'

const report = process.env.NEMO_TEST_REPORT
const root = join(import.meta.dirname, '..')

/** What `npm run test:campaigns` runs: the files that play more rounds there, and those that `npm test` leaves out. */
function campaigns() {
  const files = readdirSync(join(root, 'dist/test'), { recursive: true })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => `dist/test/${file}`)
  return files.filter((file) => {
    if (/^dist\/test\/campaigns\/|\.campaign\.test\.js$/.test(file)) return true
    return /\/support\/(?:rounds|kills)\.js/.test(readFileSync(join(root, file), 'utf8'))
  })
}

/** Folders of tests of functions, which leave nothing behind. They share processes, because each costs 0.2 s of CPU time. */
const FUNCTIONS = ['config', 'core', 'docs', 'resilience', 'transform', 'wire'].map(
  (folder) => `dist/test/${folder}/**`,
)
const ALL = 'dist/test/**/*.test.js'
const APART = ['dist/test/**/*.campaign.test.js', 'dist/test/package/**']

const projects =
  process.env.NEMO_CAMPAIGN_ROUNDS === undefined
    ? [
        {
          name: 'functions',
          isolate: false,
          include: FUNCTIONS.map((folder) => `${folder}/*.test.js`),
          exclude: APART,
        },
        { name: 'actors', include: [ALL], exclude: [...APART, ...FUNCTIONS] },
      ]
    : [{ name: 'campaigns', include: campaigns() }]

// The tests run as compiled: Node 20 cannot load TypeScript in a worker thread, and what is tested is then what is published.
export default defineConfig({
  root,
  test: {
    projects: projects.map((test) => ({ extends: true, test })),
    pool: 'forks',
    maxWorkers: 2,
    // A report for a script to count with, beside the one for people.
    reporters: ['default', new UnfinishedReporter(), ...(report ? [['json', { outputFile: report }]] : [])],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A slow machine must not fail a test that waits for a condition.
    expect: { poll: { timeout: 20_000 } },
    server: { deps: { external: [/\/dist\/(src|workers)\//] } },
  },
})
