import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { operation } from '../../support/adapter-context.js'
import { TestAuthority, temporaryFiles } from '../../support/authority.js'
import { failureOf } from '../../support/failure-of.js'
import { connected, rigFor } from './harness.js'

const context = operation()
const ours = new TestAuthority()

/** A server that answers calls over HTTP and WebSocket with its path, at a socket of a temporary folder. */
async function unixServer(tls?: { cert: string; key: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'nemo-unix-'))
  const path = join(folder, 'a.sock')
  const answer = (text: string, { url }: IncomingMessage) =>
    JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(text).id, result: url })
  const handle: RequestListener = async (request, response) => {
    let text = ''
    for await (const piece of request) text += piece
    response.end(answer(text, request))
  }
  const server: Server = tls === undefined ? createServer(handle) : createSecureServer(tls, handle)
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket, request) =>
    socket.on('message', (data) => socket.send(answer(String(data), request))),
  )
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate()
    server.close()
    server.closeAllConnections()
    rmSync(folder, { recursive: true, force: true })
  })
  return path
}

test.each([
  ['unix:', '', '/'],
  ['http+unix:', ':/rpc?x=1', '/rpc?x=1'],
  ['ws+unix:', '', '/'],
  ['ws+unix:', ':/rpc', '/rpc'],
])('calls go over %s…%s', async (scheme, suffix, expected) => {
  const path = await unixServer()
  const { rpc, adapter } = await connected(`${scheme}${path}${suffix}`)
  expect(await rpc.call('m', undefined, context)).toBe(expected)
  await adapter.ping!(new AbortController().signal)
})

test.each(['unix:', 'wss+unix:'])('calls go over %s with TLS', async (scheme) => {
  const path = await unixServer(ours.issue())
  const files = temporaryFiles({ ca: ours.ca })
  onTestFinished(files.remove)
  const { rpc, adapter } = rigFor('', {
    endpoint: { addresses: [scheme + path], tls: { verifyServer: true, caCert: files.ca } },
  })
  await adapter.connect(new AbortController().signal)
  expect(await rpc.call('m', undefined, context)).toBe('/')
})

test.each(['unix:', 'ws+unix:'])('%s with no socket there is named', async (scheme) => {
  const { adapter } = rigFor(`${scheme}/nowhere/a.sock`)
  const error = await failureOf(adapter.connect(new AbortController().signal))
  expect(error).toMatchObject({ kind: 'connection' })
  expect(error.message).toContain('unix:/nowhere/a.sock: the socket does not exist')
})
