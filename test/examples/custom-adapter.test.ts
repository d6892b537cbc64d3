import { afterEach, expect, test } from 'vitest'
import { freePort } from '../support/server-process.js'
import { Programs, terminate } from './support.js'

const programs = new Programs()
afterEach(() => programs.kill())

test('a program publishes and subscribes over an adapter of its own', async () => {
  const app = programs.run('custom-adapter', 'gateway.hcl', 'app.mjs', {
    LINE_PORT: String(await freePort()),
  })
  await app.seen(/^prices \d+\.\d\d\n(.*\n)*prices \d+\.\d\d$/mu)
  expect(await terminate(app)).toBe(0)
})
