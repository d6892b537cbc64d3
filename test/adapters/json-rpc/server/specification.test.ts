import { describe, expect, test } from 'vitest'
import { ask, dial, post, server } from './harness.js'
import { bare, EXAMPLES, handlers } from './specification-examples.js'

describe('over HTTP', () => {
  test.each(EXAMPLES)('%s', async (_, sent, expected) => {
    const { url } = await server(handlers)
    const { status, text } = await post(url, sent)
    if (expected === undefined) expect([status, text]).toEqual([204, ''])
    else expect([status, bare(text)]).toEqual([200, expected])
  })
})

describe('over WebSocket', () => {
  test.each(EXAMPLES)('%s', async (_, sent, expected) => {
    const { port } = await server(handlers)
    const socket = await dial(port)
    if (expected !== undefined) return expect(bare(await ask(socket, sent))).toEqual(expected)
    socket.send(sent)
    // The answer to what comes after is the first to come.
    const next = '{"jsonrpc": "2.0", "method": "subtract", "params": [3, 2], "id": 9}'
    expect(JSON.parse(await ask(socket, next))).toEqual({ jsonrpc: '2.0', result: 1, id: 9 })
  })
})
