import { status } from '@grpc/grpc-js'
import { ConnectionError } from '../../../core/errors/connection.js'
import { SerializeError } from '../../../core/errors/operation.js'
import { RpcError } from '../../../core/errors/rpc.js'
import type { MemoryShare } from '../../../core/memory-share.js'
import type { Value } from '../../../core/value.js'
import { MESSAGE_BYTES } from '../message-frames.js'
import type { Method } from '../methods.js'
import { internalError, refusalOf } from './refusal.js'
import type { Reply } from './reply.js'
import type { AcceptCall, Admission, ServedCall } from './served-call.js'

/** Where a call comes from. */
export type Origin = Pick<ServedCall, 'metadata' | 'identity' | 'address'>

/** Decodes the requests of a call, hands the call over and encodes what answers it; refuses the call otherwise. */
export function beginCall(
  method: Method,
  requests: readonly Buffer[],
  origin: Origin,
  memory: MemoryShare,
  reply: Reply,
  accept: AcceptCall,
): void {
  const isStream = method.kind === 'client-streaming' || method.kind === 'bidi'
  const answersStream = method.kind === 'server-streaming' || method.kind === 'bidi'
  let params: Value | undefined
  try {
    const values = requests.map((bytes) => method.decodeRequest(bytes))
    params = isStream ? values.map((value) => value ?? null) : values[0]
  } catch (error) {
    const { reason } = error as SerializeError
    return reply.refuse(refusalOf(new RpcError(status.INVALID_ARGUMENT, reason)))
  }
  let answered = false
  let isStreaming = false
  const admission = accept({
    params,
    size: sizeOf(requests) + (isStream ? MESSAGE_BYTES * requests.length : 0),
    memory,
    ...origin,
    ...(reply.part && {
      async part(value: Value) {
        if (answered) return false
        isStreaming = true
        return reply.part!(method.encodeResponse(value))
      },
    }),
    async answer(outcome) {
      if (answered) return
      answered = true
      if (!outcome.ok) return reply.refuse(refusalOf(outcome.error))
      if (isStreaming) return reply.send([])
      let messages: Buffer[]
      try {
        messages = answersStream
          ? listOf(outcome.value).map(method.encodeResponse)
          : [method.encodeResponse(outcome.value)]
      } catch (error) {
        reply.refuse(internalError())
        throw error
      }
      reply.send(messages)
    },
  })
  if (admission !== 'accepted') reply.refuse(refusalOf(REASONS[admission]()))
}

const REASONS: Readonly<Record<Exclude<Admission, 'accepted'>, () => Error>> = {
  'no-room': () => new RpcError(status.RESOURCE_EXHAUSTED, 'too many calls are in flight'),
  'no-memory': () => new RpcError(status.RESOURCE_EXHAUSTED, 'the memory for requests is full'),
  'too-fast': () => new RpcError(status.RESOURCE_EXHAUSTED, 'too many requests of this caller'),
  'shutting-down': () => new ConnectionError('the server is shutting down'),
}

function listOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value
  throw new SerializeError('the method answers with a stream: expected an array of responses')
}

function sizeOf(messages: readonly Buffer[]): number {
  return messages.reduce((sum, { length }) => sum + length, 0)
}
