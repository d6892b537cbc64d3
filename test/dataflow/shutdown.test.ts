import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../fixtures/data-flow-script.js', import.meta.url))

test('a busy data flow ends in order, and its process by itself', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT])
  expect(JSON.parse(stdout)).toEqual({
    updates: 1,
    statuses: Array(5).fill('disconnected'),
    work: { runs: 1, succeeded: 1, failed: 0, running: 0 },
    note: { runs: 0, succeeded: 0, failed: 0, running: 0 },
    waiting: [0, 0],
    refused: 'shutdown',
  })
})
