import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { waitFor } from '../support/wait-for.js'
import { scriptOf } from './support.js'

const THREADS = 4
const RELOADS = 12

/** The threads that this process has started since and that have not ended. */
function threads(): ReadonlySet<Worker> {
  const alive = new Set<Worker>()
  const started = (worker: Worker) => {
    alive.add(worker)
    worker.once('exit', () => alive.delete(worker))
  }
  process.on('worker', started)
  onTestFinished(() => void process.off('worker', started))
  return alive
}

test('reloads leave no threads behind, and neither does the end', async () => {
  const alive = threads()
  const { gateway, folder, run } = await scriptOf('export const version = () => 0', ['version'], {
    threads: THREADS,
  })
  for (let version = 1; version <= RELOADS; version++) {
    // A file that is written again while it is loaded ends threads that have just started.
    for (let part = 0; part < 4; part++) {
      await writeFile(join(folder, 'handlers.mjs'), `export const version = () => ${version} // ${part}`)
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
    await waitFor(async () => (await run<number>('version')) === version, { what: `version ${version}` })
  }
  await waitFor(() => alive.size <= THREADS, { what: () => `${alive.size} threads to become ${THREADS}` })
  await gateway.shutdown()
  await waitFor(() => alive.size === 0, { what: () => `${alive.size} threads to end` })
  expect(alive.size).toBe(0)
})
