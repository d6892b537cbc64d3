import { status } from '@grpc/grpc-js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { Caller } from './caller.js'
import { type GrpcSchema, schemaByReflection } from './schema/index.js'
import { type Status, type StatusContext, statusError } from './status.js'
import type { GrpcStream } from './stream.js'

export type ReflectionVersion = 'v1' | 'v1alpha'

/**
 * Loads the schema from the server (gRPC Server Reflection Protocol), by the first version that it supports.
 * @throws ConnectionError if it supports none, AuthError, RpcError, or the signal's reason
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
    `${context.server}: the server does not support reflection; ` +
      'set "proto" or "descriptor_set" in the config',
    { integration: context.integration, retryable: false },
  )
}

/** Sends one request at a time, because answers come in order. */
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
