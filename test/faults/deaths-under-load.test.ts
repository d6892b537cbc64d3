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
  ['grpc', 'spin', 2, 20],
  ['grpc', 'block', 3, 20],
  ['grpc', 'throw', 5, 20],
  ['grpc', 'reject', 5, 20],
  ['grpc', 'exit', 5, 20],
  ['grpc', 'leak-buffers', 2, 6],
  ['grpcs', 'spin', 2, 20],
  ['grpcs', 'throw', 2, 20],
  ['https', 'spin', 2, 20],
  ['https', 'throw', 3, 20],
  ['https', 'exit', 2, 20],
] as const)(
  'the host survives a server that dies under load: %s, %s',
  async (server, fault, few, all) => {
    const host = spawn(process.execPath, [HOST, server, fault, String(rounds(few, all))], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    expect(await once(host, 'exit')).toEqual([0, null])
  },
  300_000,
)

// Node waits for a thread in a native call, and would terminate it when the call returns.
test.each(['spin', 'block'])('the host exits while its gRPC server has the fault %s', async (fault) => {
  const host = spawn(process.execPath, [HOST, 'grpc', fault, '0'], { stdio: ['ignore', 'ignore', 'inherit'] })
  expect(await once(host, 'exit')).toEqual([0, null])
})
