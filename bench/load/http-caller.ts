/**
 * A process that calls a method of JSON-RPC over HTTP with a token, over several connections, one call at a time on each,
 * with as little CPU time of its own as possible: the requests are built before.
 * Arguments: port, secret of the tokens, number of different tokens. Takes `CallerOrder` messages; ends with its parent.
 */
import { createHmac } from 'node:crypto'
import { createConnection } from 'node:net'
import type { CallerOrder } from './orders.js'

const [port, secret, tokens] = [Number(process.argv[2]), process.argv[3]!, Number(process.argv[4])]
const CONNECTIONS = 32
/** Nobody benchmarks longer than this. */
const LIFE_MS = 15 * 60_000
const BODY = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'echo',
  params: { id: 7, text: 'x'.repeat(100) },
})
const EXPIRES = Math.floor(Date.now() / 1_000) + 3_600

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

function tokenOf(n: number): string {
  const content = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: `caller ${n}`, exp: EXPIRES, scope: 'a b' })}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

const requests = Array.from({ length: tokens }, (_, n) =>
  Buffer.from(
    `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
      `authorization: Bearer ${tokenOf(n)}\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`,
  ),
)

let isPaused = true
let next = 0
const sockets = Array.from({ length: CONNECTIONS }, () => createConnection({ host: '127.0.0.1', port }))
const idle = new Set<(typeof sockets)[number]>()

function call(socket: (typeof sockets)[number]): void {
  if (isPaused) idle.add(socket)
  else socket.write(requests[next++ % requests.length]!)
}

for (const socket of sockets) {
  socket.setNoDelay(true)
  socket.on('data', (answer) => {
    // A small answer comes in one piece.
    if (!answer.includes('200 OK')) throw new Error(`the call was refused: ${answer.toString('latin1')}`)
    call(socket)
  })
  socket.on('close', () => process.exit(0))
  socket.once('connect', () => {
    idle.add(socket)
    if (idle.size === CONNECTIONS) process.send?.('ready')
  })
}

process.on('message', ({ kind }: CallerOrder) => {
  isPaused = kind === 'paused'
  if (isPaused) return
  for (const socket of [...idle]) {
    idle.delete(socket)
    call(socket)
  }
})
process.on('disconnect', () => process.exit(0))
setTimeout(() => process.exit(1), LIFE_MS).unref()
