import { type Server, type ServerDuplexStream, status } from '@grpc/grpc-js'
import { asBuffer, identity } from '../bytes.js'
import type { GrpcSchema } from '../schema/index.js'
import type { Guard } from './guard.js'
import { type ReflectionReply, readQuestion, writeReply } from './messages.js'

/** Serves the reflection protocol (v1 and v1alpha) with the original descriptors. */
export function serveReflection(server: Server, schema: GrpcSchema, guard: Guard): void {
  const begin = (call: ServerDuplexStream<Buffer, Buffer>) => {
    call.on('data', (request: Buffer) => {
      // Pause a client that sends requests and does not read the answers.
      if (!call.write(asBuffer(writeReply(request, answer(request, schema))))) {
        call.pause()
        call.once('drain', () => call.resume())
      }
    })
    call.on('end', () => call.end())
  }
  const handler = (call: ServerDuplexStream<Buffer, Buffer>) => {
    call.on('error', () => {})
    guard.admit(
      call,
      (refusal) => void call.emit('error', refusal),
      () => begin(call),
    )
  }
  for (const version of ['v1', 'v1alpha'])
    server.register(
      `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      handler,
      identity,
      identity,
      'bidi',
    )
}

function answer(request: Buffer, schema: GrpcSchema): ReflectionReply {
  try {
    const question = readQuestion(request)
    switch (question.kind) {
      case 'services':
        return { kind: 'services', names: schema.services }
      case 'file':
        return filesOr(schema.fileByName(question.name), `the file ${JSON.stringify(question.name)}`)
      case 'symbol':
        return filesOr(
          schema.fileContainingSymbol(question.name),
          `the symbol ${JSON.stringify(question.name)}`,
        )
      case 'extensions':
        return { kind: 'error', code: status.NOT_FOUND, message: 'extensions are not supported' }
    }
  } catch (error) {
    return { kind: 'error', code: status.INVALID_ARGUMENT, message: (error as Error).message }
  }
}

function filesOr(files: readonly Uint8Array[] | undefined, what: string): ReflectionReply {
  if (files !== undefined && files.length > 0) return { kind: 'files', files }
  return { kind: 'error', code: status.NOT_FOUND, message: `not found: ${what}` }
}
