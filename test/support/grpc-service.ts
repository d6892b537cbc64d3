import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js'
import { writeApplicationError } from '../../src/adapters/grpc/app-error.js'
import { schemaFromProto } from '../../src/adapters/grpc/schema/index.js'
import type { RpcError } from '../../src/core/errors/rpc.js'
import type { Value } from '../../src/core/value.js'
import { COMPLIANCE_METHODS, ComplianceService } from '../../src/testing/index.js'
import { wireFormat } from '../../src/wire/wire-format.js'

/** So many methods serve as topics: gRPC has no others than those of its schema. */
const TOPICS = 400

const asIs = (bytes: Buffer): Buffer => bytes

/** The schema of the service below, in a folder that `remove` removes. */
export async function complianceProto(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-grpc-'))
  const path = join(folder, 'compliance.proto')
  const methods = COMPLIANCE_METHODS.map(
    (name) => `  rpc ${name} (google.protobuf.Value) returns (google.protobuf.Value);`,
  )
  const topics = Array.from(
    { length: TOPICS },
    (_, n) => `  rpc t${n} (stream google.protobuf.Value) returns (stream google.protobuf.Value);`,
  )
  await writeFile(
    path,
    `syntax = "proto3";
package compliance;
import "google/protobuf/struct.proto";
service Service {
${methods.join('\n')}
}
service Topics {
${topics.join('\n')}
}
`,
  )
  return { path, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** Gives each name of a test a topic of its own. */
export function topicNames(): (name: string) => string {
  const known = new Map<string, string>()
  return (name) => {
    const topic = known.get(name) ?? `compliance.Topics/t${known.size}`
    if (known.size >= TOPICS) throw new Error('more topics are needed')
    known.set(name, topic)
    return topic
  }
}

export interface GrpcService {
  readonly port: number
  /** Ends every connection and stops listening. */
  close(): Promise<void>
}

/**
 * The service of the compliance suite, written with the plain library: its methods, and topics on which each
 * message goes to everybody whose stream is open.
 * @param proto absent for JSON. @param port 0: any free one
 */
export async function complianceGrpcService(proto: string | undefined, port = 0): Promise<GrpcService> {
  const service = new ComplianceService()
  const server = new Server({
    'grpc.max_receive_message_length': 16 * 1024 * 1024,
  })
  const { decode, encode } = await codecOf(proto)
  for (const method of COMPLIANCE_METHODS)
    server.register(
      `/compliance.Service/${method}`,
      (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
        service.handle(method, decode(call.request)).then(
          (value) => answer(null, encode(value as Value)),
          (error: RpcError) => {
            const metadata = new Metadata()
            writeApplicationError(metadata, error)
            answer({ code: 2, details: error.message, metadata })
          },
        )
      },
      asIs,
      asIs,
      'unary',
    )
  for (let n = 0; n < TOPICS; n++) server.register(`/compliance.Topics/t${n}`, topic(), asIs, asIs, 'bidi')
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error ? reject(error) : resolve(at),
    ),
  )
  return { port: bound, close: async () => server.forceShutdown() }
}

function topic(): (call: ServerDuplexStream<Buffer, Buffer>) => void {
  const open = new Set<ServerDuplexStream<Buffer, Buffer>>()
  return (call) => {
    open.add(call)
    // The sign that the stream stands.
    call.sendMetadata(new Metadata())
    const leave = () => open.delete(call)
    call.on('cancelled', leave).on('error', leave)
    call.on('data', (message: Buffer) => {
      for (const each of open) each.write(message)
    })
    call.on('end', () => {
      leave()
      call.end()
    })
  }
}

async function codecOf(proto: string | undefined) {
  if (proto === undefined) {
    const json = wireFormat('json')
    return {
      decode: (bytes: Buffer) => json.decode(bytes),
      encode: (value: Value) => Buffer.from(json.encode(value)),
    }
  }
  const method = (await schemaFromProto([proto], [])).method('compliance.Service/echo')
  return {
    decode: (bytes: Buffer) => (bytes.length === 0 ? null : method.decodeRequest(bytes)),
    encode: (value: Value) => Buffer.from(method.encodeResponse(value)),
  }
}
