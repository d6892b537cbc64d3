import { createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { GOING_AWAY } from '../../../src/adapters/json-rpc/going-away.js'
import { operation, until, within } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { closedPort, send } from '../../support/http-service.js'
import { webSocketService } from '../../support/websocket-service.js'
import { answering, connected, result, rigFor, service } from './harness.js'

const context = operation()

/** A server that does what a test says with each request. */
async function socketServer(receive: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => receive(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

describe('a call was certainly not carried out', () => {
  test('when the adapter is not connected', async () => {
    for (const address of ['http://127.0.0.1:1', 'ws://127.0.0.1:1']) {
      const { rpc } = rigFor(address)
      const calls = [
        rpc.call('m', undefined, context),
        rpc.notify('m', undefined, context),
        rpc.batch!([{ method: 'm' }], context),
      ]
      for (const call of calls)
        expect(await failureOf(call)).toMatchObject({ kind: 'connection', notExecuted: true })
    }
  })

  test('when no address can be reached', async () => {
    const server = await service((_, response) => send(response, 200, result(1)))
    const { rpc } = await connected([server.url, `http://127.0.0.1:${await closedPort()}`])
    await server.close()
    expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({
      kind: 'connection',
      notExecuted: true,
      retryable: true,
    })
  })

  test('when it cannot be written', async () => {
    const { rpc } = await answering(result(1), { settings: { limits: { memory: 1e9, frame: 100 } } })
    expect(await failureOf(rpc.call('m', ['x'.repeat(200)], context))).toMatchObject({
      kind: 'serialize',
      notExecuted: true,
      fault: 'local',
    })
  })
})

test('a call that waits for a connection until its deadline was not sent, and that is not the fault of the server', async () => {
  const server = await service(() => {})
  const { rpc } = await connected(server.url, { config: { pool_size: 1 } })
  const first = rpc.call('m', undefined, context).catch(() => {})
  const second = await failureOf(
    rpc.call('m', undefined, { ...within(100), signal: new AbortController().signal }),
  )
  expect(second).toMatchObject({ kind: 'timeout', notExecuted: true, fault: 'local' })
  expect(second.message).toContain('pool_size (1) reached')
  await until(() => server.requests.length === 1, 'the first request')
  expect(server.requests.length).toBe(1)
  void first
})

test('a call over WebSocket that is not sent before its deadline was not carried out', async () => {
  const server = await webSocketService(() => {})
  onTestFinished(() => server.close())
  const { rpc } = await connected(server.url, { config: { max_in_flight: 1 } })
  rpc.call('m', undefined, context).catch(() => {})
  const second = rpc.call('m', undefined, { ...within(100), signal: new AbortController().signal })
  expect(await failureOf(second)).toMatchObject({ kind: 'timeout', notExecuted: true })
})

describe('a call may have been carried out', () => {
  test.each<[string, (socket: Socket) => void]>([
    ['is closed', (socket) => void socket.end()],
    ['is reset', (socket) => void socket.resetAndDestroy()],
    ['ends within the head of the answer', (socket) => void socket.end('HTTP/1.1 20')],
    [
      'ends within the body of the answer',
      (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{'),
    ],
  ])('when the connection %s after it was sent', async (_, receive) => {
    const { rpc } = await connected(await socketServer(receive))
    const error = await failureOf(rpc.call('m', undefined, context))
    expect(error).toMatchObject({ kind: 'connection', retryable: true })
    expect(error.notExecuted).toBeUndefined()
  })

  test('when the server closes the connection that was kept for it', async () => {
    // It says nothing of how long it keeps a connection, and ends it with the second request.
    let requests = 0
    const server = await service((request, response) => {
      if (++requests > 1) response.destroy()
      else send(response, 200, result(request.connection))
    })
    const { rpc } = await connected(server.url)
    await rpc.call('m', undefined, context)
    const error = await failureOf(rpc.call('m', undefined, context))
    expect(error).toMatchObject({ kind: 'connection', errorClass: 'connection-reset' })
    expect(error.notExecuted).toBeUndefined()
    await until(() => requests === 2, 'one request for each call')
  })
})

test('a server of the gateway that stops says over HTTP that a call was not carried out', async () => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, error: GOING_AWAY })
  for (const status of [200, 500, 503]) {
    const { rpc } = await answering(body, { status })
    expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({
      kind: 'rpc',
      code: -32000,
      notExecuted: true,
      retryable: true,
      errorClass: 'service-unavailable',
    })
  }
})
