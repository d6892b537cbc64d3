import { defineConfig } from 'vitest/config'

const report = process.env.NEMO_TEST_REPORT

// Packs the package, installs it beside packages from the registry and builds programs with it: minutes, not seconds.
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: ['dist/test/package/**/*.test.js'],
    maxWorkers: 2,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
