// A small JSON-RPC 2.0 service over plain node:http, so that the quickstart has something to call.
import { createServer } from 'node:http'

const METHODS = {
  'sensors.list': () => ['kitchen', 'cellar'],
  'sensors.describe': ({ sensor }) => ({ sensor, unit: '°C', since: '2026-02-05' }),
}

function answer({ id, method, params }) {
  const run = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined
  if (run === undefined) return { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } }
  return { jsonrpc: '2.0', id, result: run(params ?? {}) }
}

/** Starts the service; resolves when it listens. */
export function startService(port) {
  const server = createServer((request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const call = JSON.parse(Buffer.concat(chunks).toString())
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(Array.isArray(call) ? call.map(answer) : answer(call)))
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
