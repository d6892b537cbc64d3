import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import {
  createServer,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a server does with a request. */
export type Answer = (stream: ServerHttp2Stream) => void

/** A server that answers as told. A call of `Good` waits for `release`. */
export interface HostileServer {
  readonly port: number
  readonly proto: string
  answer: Answer
  /** How many requests of a method have come. */
  count(method: string): number
  /** Answers the calls of `Good` that have come. */
  release(): void
  stop(): Promise<void>
}

const PROTO = `syntax = "proto3";
package bad;
message M { string s = 1; }
service S {
  rpc Good (M) returns (M);
  rpc Unary (M) returns (M);
  rpc Client (stream M) returns (M);
  rpc Server (M) returns (stream M);
  rpc Bidi (stream M) returns (stream M);
}
`

export async function hostileServer(): Promise<HostileServer> {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-grpc-'))
  const proto = join(folder, 'bad.proto')
  await writeFile(proto, PROTO)
  const sessions = new Set<ServerHttp2Session>()
  const counts = new Map<string, number>()
  const waiting: ServerHttp2Stream[] = []
  const server = createServer()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => {}).on('close', () => sessions.delete(session))
  })
  server.on('sessionError', () => {})
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {}).resume()
    const method = String(headers[':path']).slice('/bad.S/'.length)
    counts.set(method, (counts.get(method) ?? 0) + 1)
    if (method !== 'Good') hostile.answer(stream)
    else waiting.push(stream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const hostile: HostileServer = {
    port: (server.address() as AddressInfo).port,
    proto,
    answer: good,
    count: (method) => counts.get(method) ?? 0,
    release() {
      for (const stream of waiting.splice(0)) good(stream)
    },
    async stop() {
      for (const session of sessions) session.destroy()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
  return hostile
}

/** A message with the text `a`. */
export const MESSAGE = frame(Buffer.from([10, 1, 97]))

/** A message as it is on the wire. */
export function frame(payload: Uint8Array, { compressed = false, length = payload.length } = {}): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(compressed ? 1 : 0)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, payload])
}

interface Parts {
  readonly headers?: OutgoingHttpHeaders
  readonly body?: Uint8Array
  /** Without them the body ends the stream. */
  readonly trailers?: OutgoingHttpHeaders
}

/** Answers with these parts. */
export const answerWith =
  ({ headers, body, trailers }: Parts): Answer =>
  (stream) => {
    if (stream.destroyed || stream.closed) return
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', ...headers },
      { waitForTrailers: trailers !== undefined },
    )
    if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers))
    stream.end(body)
  }

export const good: Answer = answerWith({ body: MESSAGE, trailers: { 'grpc-status': '0' } })
