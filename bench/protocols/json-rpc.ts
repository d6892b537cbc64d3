import { LoadProcess } from '../load/load-process.js'
import { POOL_SIZE, plainJsonRpcCaller } from '../sides/plain-json-rpc.js'
import type { RpcProtocol } from './rpc-protocol.js'

const BATCH_SIZE = 50

export const JSON_RPC: RpcProtocol = {
  name: 'rpc',
  title: 'JSON-RPC over HTTP',
  method: 'echo',
  async startServer() {
    const server = await LoadProcess.start('./echo-server.js')
    return { port: Number(server.ready), stop: () => server.stop() }
  },
  integration: (port) => ({
    type: 'json-rpc',
    endpoint: { address: `http://127.0.0.1:${port}/` },
    config: { pool_size: POOL_SIZE },
  }),
  plainCaller: async (port, inFlight) => plainJsonRpcCaller(port, inFlight),
}

/** Calls that wait at the same time travel as one request, which a server of JSON-RPC 2.0 understands. */
export const JSON_RPC_BATCHED: RpcProtocol = {
  ...JSON_RPC,
  name: 'rpc-batched',
  title: `JSON-RPC over HTTP, batch_size = ${BATCH_SIZE}`,
  integration: (port) => ({
    ...JSON_RPC.integration(port),
    config: { pool_size: POOL_SIZE, batch_size: BATCH_SIZE },
  }),
}
