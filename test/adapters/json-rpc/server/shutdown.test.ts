import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { GOING_AWAY } from '../../../../src/adapters/json-rpc/going-away.js'
import { until } from '../../../support/adapter-context.js'
import { ask, dial, server } from './harness.js'

const call = (method: string, id = 1) => JSON.stringify({ jsonrpc: '2.0', method, id })
const httpPost = (body: string) =>
  `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`

/** A server with a call under way over each transport, and an idle connection of each. */
async function underWay() {
  const waiting: (() => void)[] = []
  const rig = await server({
    echo: () => 'echo',
    slow: () => new Promise<string>((resolve) => waiting.push(() => resolve('done'))),
  })
  const { port } = rig
  const http = await connection(port)
  http.write(httpPost(call('slow')))
  const socket = await dial(port)
  const answer = ask(socket, call('slow', 2))
  const idleHttp = await connection(port)
  idleHttp.write(httpPost(call('echo')))
  await until(() => idleHttp.text.includes('echo'), 'an answer on the connection that becomes idle')
  const idleSocket = await dial(port)
  await until(() => waiting.length === 2, 'both calls')
  return { ...rig, waiting, http, socket, answer, idleHttp, idleSocket }
}

async function connection(port: number) {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  const state = { text: '', ended: false, write: (text: string) => socket.write(text) }
  socket.on('data', (data) => {
    state.text += String(data)
  })
  socket.on('close', () => {
    state.ended = true
  })
  return state
}

test('calls under way are answered, new ones refused, and each connection ends with its last answer', async () => {
  const { subscriptions, waiting, http, socket, answer, idleHttp, idleSocket, port } = await underWay()
  const idleClosed = once(idleSocket, 'close')
  const closed = once(socket, 'close')
  await Promise.all(subscriptions.map((subscription) => subscription.detach!()))
  expect((await idleClosed)[0]).toBe(1001)
  await until(() => idleHttp.ended, 'the idle connection to end')
  await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  // The answer to a call of the one that is still open.
  const refused = ask(socket, call('echo', 3))
  expect(JSON.parse(await refused)).toMatchObject({ id: 3, error: GOING_AWAY })
  for (const finish of waiting) finish()
  await until(() => http.ended, 'the connection to end')
  expect(http.text).toMatch(/\r\nconnection: close\r\n/i)
  expect(http.text).toContain('"result":"done"')
  expect((await closed)[0]).toBe(1001)
  await answer
})

test('a call that comes on a connection with one under way is refused before anything is done', async () => {
  const { subscriptions, waiting, http } = await underWay()
  await subscriptions[0]!.detach!()
  http.write(httpPost(call('echo', 9)))
  for (const finish of waiting) finish()
  await until(() => http.ended, 'the connection to end')
  expect(http.text).toContain('"result":"done"')
  expect(http.text).not.toContain('"echo"')
})

test('the end of the subscriptions alone leaves calls under way their answers', async () => {
  const { subscriptions, waiting, http, answer } = await underWay()
  for (const subscription of subscriptions) await subscription.close()
  for (const finish of waiting) finish()
  await until(() => http.text.includes('"result":"done"'), 'the answer')
  expect(JSON.parse(await answer)).toMatchObject({ id: 2, result: 'done' })
})

test('a disconnect after that flushes the answers just given', async () => {
  const { adapter, subscriptions, waiting, http, answer } = await underWay()
  await subscriptions[0]!.detach!()
  for (const finish of waiting) finish()
  await new Promise(setImmediate)
  await adapter.disconnect()
  await until(() => http.ended, 'the connection to end')
  expect(http.text).toContain('"result":"done"')
  expect(JSON.parse(await answer)).toMatchObject({ id: 2, result: 'done' })
})

test('a thread that exits closes its connections, because Node would read them without JavaScript', async () => {
  const before = new Set(process.listeners('exit'))
  const { port } = await server({ echo: () => 'echo' })
  const closeAtExit = process.listeners('exit').find((listener) => !before.has(listener))
  const http = await connection(port)
  const socket = await dial(port)
  const closed = once(socket, 'close')
  ;(closeAtExit as () => void)()
  await Promise.all([closed, until(() => http.ended, 'the end of the connection')])
  await expect(dial(port)).rejects.toThrow('ECONNREFUSED')
})
