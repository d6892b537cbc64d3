import { defineConfig } from 'vitest/config'

const report = process.env.NEMO_TEST_REPORT

// The tests run as compiled: Node 20 cannot load TypeScript in a worker thread, and what is tested is then what is published.
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['dist/test/**/*.test.js'],
    pool: 'forks',
    maxWorkers: 2,
    // A report for a script to count with, beside the one for people.
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A slow machine must not fail a test that waits for a condition.
    expect: { poll: { timeout: 20_000 } },
    server: { deps: { external: [/\/dist\/(src|workers)\//] } },
  },
})
