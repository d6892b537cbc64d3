import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { rounds } from '../support/rounds.js'

const HOST = fileURLToPath(new URL('../fixtures/deaths-under-load.js', import.meta.url))

// An HTTP/2 session that is read after the JavaScript of its thread has ended aborts the process. A terminated thread
// that spins always has requests in its socket: without exit listeners its first death aborts. The other deaths need
// requests to arrive at the right moment: without exit listeners 20 to 50 % of them abort.
test.each([
  ['spin', 2, 20],
  ['block', 3, 20],
  ['throw', 5, 20],
  ['reject', 5, 20],
  ['exit', 5, 20],
  ['leak-buffers', 2, 6],
] as const)(
  'the host survives a gRPC server that dies under load: %s',
  async (fault, few, all) => {
    const host = spawn(process.execPath, [HOST, fault, String(rounds(few, all))], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    expect(await once(host, 'exit')).toEqual([0, null])
  },
  300_000,
)
