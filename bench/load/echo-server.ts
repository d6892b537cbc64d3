/**
 * A process that serves JSON-RPC 2.0 over HTTP and answers every call with its own parameters.
 * Says the port it listens on as its first message; ends with its parent.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const LIFE_MS = 10 * 60_000

interface Call {
  readonly id?: unknown
  readonly params?: unknown
}

const answer = ({ id, params }: Call) => ({ jsonrpc: '2.0', id, result: params ?? null })

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const calls = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Call | Call[]
    const body = Buffer.from(JSON.stringify(Array.isArray(calls) ? calls.map(answer) : answer(calls)))
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit(0))
setTimeout(() => process.exit(1), LIFE_MS).unref()
