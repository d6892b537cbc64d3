import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerWritableStream,
  type UntypedHandleCall,
} from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'

export type ServerStream = ServerWritableStream<Buffer, Buffer>
export type BidiStream = ServerDuplexStream<Buffer, Buffer>

export interface PlainServer {
  readonly address: string
  stop(): void
}

/** A server of the plain library, stopped when the test ends. */
export async function plainServer(
  methods: Readonly<Record<string, { readonly type: 'unary' | 'serverStream' | 'bidi'; handle: unknown }>>,
  port = 0,
): Promise<PlainServer> {
  const asIs = (bytes: Buffer) => bytes
  const server = new Server()
  for (const [path, { type, handle }] of Object.entries(methods))
    server.register(path, handle as UntypedHandleCall, asIs, asIs, type)
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error ? reject(error) : resolve(at),
    ),
  )
  const stop = () => server.forceShutdown()
  onTestFinished(stop)
  return { address: `127.0.0.1:${bound}`, stop }
}

/** Writes as long as the other side reads. @returns how many messages were written by now */
export function flood(call: ServerStream, message: Buffer): () => number {
  let written = 0
  const more = () => {
    if (call.cancelled) return
    call.write(message, () => {
      written++
      setImmediate(more)
    })
  }
  more()
  return () => written
}
