import { Pool } from 'undici'
import type { Side } from '../measure/compare.js'
import { messagePool } from '../message.js'
import { runLanes } from './lanes.js'

/** Connections to the server, the same for both. */
export const POOL_SIZE = 8

/** undici on the main thread: a request for each call, JSON made and parsed there. */
export function plainJsonRpcCaller(port: number, inFlight: number): Side {
  const connections = new Pool(`http://127.0.0.1:${port}`, { connections: POOL_SIZE })
  const pool = messagePool()
  const call = async (n: number) => {
    const { statusCode, body } = await connections.request({
      path: '/',
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: n, method: 'echo', params: pool[n % pool.length] }),
    })
    const answer = (await body.json()) as { id: number; result?: unknown }
    if (statusCode !== 200 || answer.id !== n || answer.result === undefined)
      throw new Error(`the echo server answered ${statusCode} to call ${n}`)
    return answer.result
  }
  return {
    begin: async () => runLanes(inFlight, call, true),
    close: () => connections.close(),
  }
}
