/**
 * A process that serves JSON-RPC 2.0 over HTTP and answers every call with its own parameters.
 * Says the port it listens on as its first message; ends with its parent.
 */
import { type AddressInfo, createServer } from 'node:net'
import { serveHttp } from './http-requests.js'

const LIFE_MS = 10 * 60_000

interface Call {
  readonly id?: unknown
  readonly params?: unknown
}

const answer = ({ id, params }: Call) => ({ jsonrpc: '2.0', id, result: params ?? null })

function answerAll(body: string): string {
  const calls = JSON.parse(body) as Call | Call[]
  return JSON.stringify(Array.isArray(calls) ? calls.map(answer) : answer(calls))
}

const server = createServer((socket) => serveHttp(socket, answerAll))
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit(0))
setTimeout(() => process.exit(1), LIFE_MS).unref()
