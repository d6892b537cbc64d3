import { status } from '@grpc/grpc-js'
import type { Attempt } from '../../core/adapter.js'
import { RpcError, SerializeError } from '../../core/errors.js'
import type { Value } from '../../core/value.js'
import { failureOf, type Link } from './link.js'
import { headersOf } from './metadata.js'
import type { Method } from './methods.js'
import type { Status } from './status.js'
import { type GrpcStream, isOk } from './stream.js'

/** What a call gives back: the value of one response, or of all of a stream. */
interface Answer {
  readonly value: Value
  readonly headers: () => Value
  readonly trailers: () => Value
}

/**
 * Calls a method. A method that takes a stream is given an array of requests; one that answers with a stream
 * gives an array of responses.
 * @param full whether the answer is `{ value, headers, trailers }`
 * @throws RpcError, AuthError, ConnectionError, TimeoutError, CancelledError, SerializeError
 */
export async function call(
  link: Link,
  name: string,
  params: Value | undefined,
  context: Attempt,
  full: boolean,
): Promise<Value> {
  try {
    const method = link.methods.get(name)
    const isUnary = method.kind === 'unary' || method.kind === 'unknown'
    const answer = isUnary
      ? await callUnary(link, method, params, context)
      : await callStream(link, method, params, context)
    if (!full) return answer.value
    return { value: answer.value, headers: answer.headers(), trailers: answer.trailers() }
  } catch (failure) {
    throw failureOf(failure, `call ${name}`, link, context)
  }
}

async function callUnary(
  { caller }: Link,
  method: Method,
  params: Value | undefined,
  context: Attempt,
): Promise<Answer> {
  const { bytes, headers, trailers } = await caller.unary(method.path, method.encodeRequest(params), context)
  return {
    value: method.decodeResponse(bytes),
    headers: () => headersOf(headers),
    trailers: () => headersOf(trailers),
  }
}

async function callStream(
  link: Link,
  method: Method,
  params: Value | undefined,
  context: Attempt,
): Promise<Answer> {
  const requests = requestsOf(method, params)
  const { headers, deadline, signal } = context
  let responses: Responses | undefined
  const stream = await link.caller.stream(method.path, {
    headers,
    deadline,
    signal,
    // The token may be refused as long as there is no answer: that is all of the call.
    async granted(opened) {
      responses = await exchange(opened, requests, context, link)
    },
  })
  const { messages, found } = responses!
  const values = messages.map((bytes) => method.decodeResponse(bytes))
  return {
    value: method.kind === 'client-streaming' ? onlyOne(values) : values,
    headers: () => stream.headers,
    trailers: () => headersOf(found.metadata),
  }
}

/** What a stream has brought by its end. */
interface Responses {
  readonly messages: readonly Buffer[]
  readonly found: Status
}

/** @throws Status for any but OK, the signal's reason, SerializeError for too much */
async function exchange(
  stream: GrpcStream,
  requests: readonly Buffer[],
  { signal }: Attempt,
  link: Link,
): Promise<Responses> {
  const onAbort = () => stream.cancel()
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    // A server may answer before it has read all: then the status decides, not what was left to write.
    stream.writeAll(requests).catch(() => {})
    const responses = await collect(stream, link)
    if (signal.aborted) throw signal.reason
    if (!isOk(responses.found)) throw responses.found
    return responses
  } finally {
    signal.removeEventListener('abort', onAbort)
    stream.cancel()
  }
}

/**
 * The requests of a call that is made at once.
 * @throws SerializeError where a stream is wanted and no array is given, and for what cannot be encoded
 */
export function requestsOf(method: Method, params: Value | undefined): Buffer[] {
  if (method.kind === 'unary' || method.kind === 'server-streaming') return [method.encodeRequest(params)]
  if (Array.isArray(params)) return params.map((each: Value) => method.encodeRequest(each))
  if (params === undefined) return []
  if (method.kind === 'unknown') return [method.encodeRequest(params)]
  throw new SerializeError(`expected an array: ${method.path} takes a stream of requests`)
}

/**
 * All responses of a stream, as long as they fit the limit together, and the memory of the actor. @throws RpcError
 * with the code of RESOURCE_EXHAUSTED when they do not
 */
function collect(stream: GrpcStream, { maxBytes, budget }: Link): Promise<Responses> {
  let size = 0
  let isRefused = false
  const collected = new Promise<Responses>((resolve, reject) => {
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
        budget.take(bytes.length)
        messages.push(bytes)
        if (size > maxBytes)
          refuse(
            `the answers have ${size} bytes or more; the limit is ${maxBytes} bytes: subscribe to the method`,
          )
        else if (budget.isFull)
          refuse(`the memory for messages (${budget.limit} bytes) is full: subscribe to the method`)
        return true
      },
      ended: (found) => resolve({ messages, found }),
    })
  })
  return collected.finally(() => budget.give(size))
}

function onlyOne(values: readonly Value[]): Value {
  if (values.length === 1) return values[0]!
  throw new RpcError(status.INTERNAL, `expected one response, found ${values.length}`)
}
