import { LoadProcess } from '../load/load-process.js'
import { ECHO_PROTO } from '../proto/path.js'
import { plainGrpcCaller } from '../sides/plain-grpc.js'
import type { RpcProtocol } from './rpc-protocol.js'

export const GRPC: RpcProtocol = {
  name: 'grpc',
  title: 'gRPC',
  method: 'bench.Echo/Echo',
  async startServer() {
    const server = await LoadProcess.start('./grpc-echo.js')
    return { port: Number(server.ready), stop: () => server.stop() }
  },
  integration: (port) => ({
    type: 'grpc',
    endpoint: { address: '127.0.0.1', port },
    config: { proto: ECHO_PROTO },
  }),
  plainCaller: plainGrpcCaller,
}
