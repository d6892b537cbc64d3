import { status } from '@grpc/grpc-js'
import type { Attempt } from '../../core/adapter/attempt.js'
import { SerializeError } from '../../core/errors/operation.js'
import { RpcError } from '../../core/errors/rpc.js'
import type { Value } from '../../core/value.js'
import type { CallMemory } from './call-memory.js'
import { MESSAGE_BYTES } from './message-frames.js'
import { headersOf } from './metadata.js'
import type { Method } from './methods.js'
import { failureOf, type Session } from './session.js'
import type { Status } from './status.js'
import { type GrpcStream, isOk } from './stream.js'

/** The result of a call: the value of one response, or of all responses of a stream. */
interface Answer {
  readonly value: Value
  readonly headers: () => Value
  readonly trailers: () => Value
}

/**
 * Calls a method. If the method takes a stream, `params` is an array of requests; if it answers with a stream, the
 * result is an array of responses.
 * @param full whether the result is `{ value, headers, trailers }`
 * @throws RpcError, AuthError, ConnectionError, TimeoutError, CancelledError, SerializeError
 */
export async function call(
  session: Session,
  name: string,
  params: Value | undefined,
  context: Attempt,
  full: boolean,
): Promise<Value> {
  try {
    const method = session.methods.get(name)
    const isUnary = method.kind === 'unary' || method.kind === 'unknown'
    const answer = isUnary
      ? await callUnary(session, method, params, context)
      : await callStream(session, method, params, context)
    if (!full) return answer.value
    return { value: answer.value, headers: answer.headers(), trailers: answer.trailers() }
  } catch (failure) {
    throw failureOf(failure, `call ${name}`, session, context)
  }
}

async function callUnary(
  { caller }: Session,
  method: Method,
  params: Value | undefined,
  context: Attempt,
): Promise<Answer> {
  const { bytes, headers, trailers } = await caller.unary(method.path, method.encodeRequest(params), context)
  context.answered?.(bytes.length)
  return {
    value: method.decodeResponse(bytes),
    headers: () => headersOf(headers),
    trailers: () => headersOf(trailers),
  }
}

async function callStream(
  session: Session,
  method: Method,
  params: Value | undefined,
  context: Attempt,
): Promise<Answer> {
  const requests = requestsOf(method, params)
  const { headers, deadline, signal } = context
  let responses: Responses | undefined
  const stream = await session.caller.stream(method.path, {
    headers,
    deadline,
    signal,
    // The whole call runs here, because the server may reject the token until it answers.
    async accepted(opened) {
      responses = await exchange(opened, requests, context, session)
    },
  })
  const { messages, found } = responses!
  await session.incoming.turnOf(stream.memory.bytes)
  for (const { length } of messages) context.answered?.(length)
  const values = decodeAll(method, messages, stream.memory)
  return {
    value: method.kind === 'client-streaming' ? onlyOne(values) : values,
    headers: () => stream.headers,
    trailers: () => headersOf(found.metadata),
  }
}

function decodeAll(method: Method, messages: readonly Buffer[], memory: CallMemory): readonly Value[] {
  try {
    return messages.map((bytes) => method.decodeResponse(bytes))
  } finally {
    memory.release()
  }
}

/** The messages and the status of a finished stream. */
interface Responses {
  readonly messages: readonly Buffer[]
  readonly found: Status
}

/**
 * Sends the requests and collects the responses.
 * @throws Status for any status but OK; the signal's reason; RpcError if the responses are too large
 */
async function exchange(
  stream: GrpcStream,
  requests: readonly Buffer[],
  { signal }: Attempt,
  session: Session,
): Promise<Responses> {
  const onAbort = () => stream.cancel()
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    // A server may answer before it has read everything; the status then decides, not the unwritten requests.
    stream.writeAll(requests).catch(() => {})
    const responses = await collect(stream, session)
    if (signal.aborted) throw signal.reason
    if (!isOk(responses.found)) throw responses.found
    return responses
  } catch (failure) {
    stream.memory.release()
    throw failure
  } finally {
    signal.removeEventListener('abort', onAbort)
    stream.cancel()
  }
}

/**
 * Encodes the requests of a call.
 * @throws SerializeError if the method takes a stream and `params` is not an array, or if a request cannot be
 * encoded
 */
export function requestsOf(method: Method, params: Value | undefined): Buffer[] {
  if (method.kind === 'unary' || method.kind === 'server-streaming') return [method.encodeRequest(params)]
  if (Array.isArray(params)) return params.map((each: Value) => method.encodeRequest(each))
  if (params === undefined) return []
  if (method.kind === 'unknown') return [method.encodeRequest(params)]
  throw new SerializeError(`expected an array: ${method.path} takes a stream of requests`)
}

/**
 * Collects all responses of a stream within the size limit and the actor's memory.
 * @throws RpcError with the code RESOURCE_EXHAUSTED if they exceed either
 */
function collect(stream: GrpcStream, { maxBytes, budget }: Session): Promise<Responses> {
  let size = 0
  let isRefused = false
  return new Promise<Responses>((resolve, reject) => {
    const messages: Buffer[] = []
    const refuse = (reason: string) => {
      isRefused = true
      reject(new RpcError(status.RESOURCE_EXHAUSTED, reason, undefined, { fault: 'local' }))
      stream.cancel()
    }
    stream.read({
      message(bytes) {
        if (isRefused) return false
        size += bytes.length
        const kept = stream.memory.keep(bytes.length + MESSAGE_BYTES)
        messages.push(bytes)
        if (size > maxBytes)
          refuse(
            `the responses exceed the limit of ${maxBytes} bytes: subscribe to the method to get them one by one`,
          )
        else if (kept > budget.limit / 2)
          refuse(
            `the responses take more than half of the memory for messages (${budget.limit} bytes): subscribe to the method to get its responses one by one`,
          )
        return true
      },
      ended: (found) => resolve({ messages, found }),
    })
  })
}

function onlyOne(values: readonly Value[]): Value {
  if (values.length === 1) return values[0]!
  throw new RpcError(status.INTERNAL, `expected one response, found ${values.length}`)
}
