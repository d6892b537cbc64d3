import { status } from '@grpc/grpc-js'
import { ConnectionError } from '../../core/errors.js'
import type { Caller } from './caller.js'
import { type GrpcSchema, schemaByReflection } from './schema/index.js'
import { type Status, type StatusContext, statusError } from './status.js'
import type { GrpcStream } from './stream.js'

export type ReflectionVersion = 'v1' | 'v1alpha'

/**
 * Asks the server for its schema (gRPC Server Reflection Protocol). The first version that the server knows is used.
 * @throws ConnectionError when it knows none, AuthError, RpcError, or the signal's reason
 */
export async function reflectedSchema(
  caller: Caller,
  versions: readonly ReflectionVersion[],
  limits: Parameters<typeof schemaByReflection>[1],
  context: StatusContext,
  signal: AbortSignal,
): Promise<GrpcSchema> {
  for (const version of versions) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`
    const stream = await caller.stream(path, { signal })
    const onAbort = () => stream.cancel()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await schemaByReflection(exchangeOver(stream), limits)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const found = stream.status
      if (found === undefined || found.code === status.OK) throw error
      if (found.code !== status.UNIMPLEMENTED) throw statusError(found, 'reflection', context)
    } finally {
      signal.removeEventListener('abort', onAbort)
      stream.end()
      stream.cancel()
    }
  }
  throw new ConnectionError(
    `${context.server}: the server does not tell its schema (no reflection); ` +
      'expected "proto" or "descriptor_set" in the config',
    { integration: context.integration, retryable: false },
  )
}

/** One question at a time: the answers come in their order. */
function exchangeOver(stream: GrpcStream): (request: Uint8Array) => Promise<Uint8Array> {
  let answered: ((bytes: Buffer) => void) | undefined
  let failed: ((found: Status) => void) | undefined
  stream.read({
    message(bytes) {
      answered?.(bytes)
      return true
    },
    ended: (found) => failed?.(found),
  })
  return (request) =>
    new Promise((resolve, reject) => {
      const fail = (found: Status) => reject(new Error(`the stream ended: ${found.details}`))
      answered = resolve
      failed = fail
      stream.write(Buffer.from(request)).catch(fail)
    })
}
