import { type Client, credentials } from '@grpc/grpc-js'
import type { Value } from '../../src/core/value.js'
import type { Side } from '../measure/compare.js'
import { messagePool } from '../message.js'
import { ECHO_PROTO } from '../proto/path.js'
import { runLanes } from './lanes.js'

/** grpc-js on the main thread; messages are made and read by @grpc/proto-loader, as most programs do it. */
export async function plainGrpcCaller(port: number, inFlight: number): Promise<Side> {
  const { loadPackageDefinition } = await import('@grpc/grpc-js')
  const { load } = await import('@grpc/proto-loader')
  const loaded = loadPackageDefinition(
    await load(ECHO_PROTO, { keepCase: true, longs: Number }),
  ) as unknown as {
    readonly bench: { readonly Echo: new (address: string, credentials: object) => EchoClient }
  }
  const client = new loaded.bench.Echo(`127.0.0.1:${port}`, credentials.createInsecure())
  const pool = messagePool()
  const call = (n: number) =>
    new Promise<void>((resolve, reject) => {
      client.Echo(pool[n % pool.length] as unknown as Value, (error, answer) => {
        if (error !== null) reject(error)
        else if (answer === undefined) reject(new Error('the echo server answered nothing'))
        else resolve()
      })
    })
  return { begin: async () => runLanes(inFlight, call, true), close: async () => client.close() }
}

interface EchoClient extends Client {
  Echo(message: Value, done: (error: Error | null, answer: unknown) => void): void
}
