import { defineConfig } from 'vitest/config'

// The tests run as compiled: Node 20 cannot load TypeScript in a worker thread, and what is tested is then what is published.
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['dist/test/**/*.test.js'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    server: { deps: { external: [/\/dist\/(src|workers)\//] } },
  },
})
