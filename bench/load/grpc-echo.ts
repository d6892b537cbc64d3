/**
 * A process that serves `bench.Echo` over gRPC and answers every call with its own bytes.
 * Says the port it listens on as its first message; ends with its parent.
 */
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'

const LIFE_MS = 15 * 60_000
const asIs = (bytes: Buffer) => bytes

const server = new Server()
server.addService(
  {
    Echo: {
      path: '/bench.Echo/Echo',
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  },
  { Echo: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => done(null, call.request) },
)
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error
  process.send?.(port)
})
process.on('disconnect', () => process.exit(0))
setTimeout(() => process.exit(1), LIFE_MS).unref()
