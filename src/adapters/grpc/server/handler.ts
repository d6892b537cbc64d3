import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js'
import type { AdapterContext } from '../../../core/adapter/protocol-adapter.js'
import type { RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import type { ByteBudget } from '../../../core/byte-budget.js'
import { ConnectionError } from '../../../core/errors/connection.js'
import { SerializeError } from '../../../core/errors/operation.js'
import { RpcError } from '../../../core/errors/rpc.js'
import type { Value } from '../../../core/value.js'
import type { Method } from '../methods.js'
import { internalError, type Refusal, refusalOf } from './refusal.js'

/** A call whose requests have been read completely and that waits for its answer. */
export interface ServedCall {
  readonly params: Value | undefined
  /** Size of the requests in bytes. */
  readonly size: number
  readonly metadata: Metadata
  /**
   * Sends the answer.
   * @throws SerializeError if the value does not fit the method's response; the caller then gets an internal error
   */
  answer(outcome: RpcOutcome): Promise<void>
}

/** Whether a call was accepted, or why not. */
export type Admission = 'accepted' | 'no-room' | 'no-memory' | 'shutting-down'

export type AcceptCall = (call: ServedCall) => Admission

type Bytes = Buffer

interface Reply {
  send(messages: readonly Bytes[]): void
  refuse(refusal: Refusal): void
}

/** The kinds of methods in grpc-js's terms. */
const TYPES = {
  unary: 'unary',
  unknown: 'unary',
  'client-streaming': 'clientStream',
  'server-streaming': 'serverStream',
  bidi: 'bidi',
} as const

/**
 * Makes the grpc-js handler of a method. The requests of a stream are collected into an array before the method is
 * called, and a streamed answer is an array. Collected requests and unsent answers count in the budget.
 */
export function handlerOf(
  method: Method,
  context: Pick<AdapterContext, 'budget' | 'settings'>,
  accept: AcceptCall,
): { readonly type: (typeof TYPES)[keyof typeof TYPES]; readonly handle: UntypedHandleCall } {
  const type = TYPES[method.kind]
  const begin = (requests: readonly Bytes[], metadata: Metadata, reply: Reply) =>
    beginCall(method, requests, metadata, reply, accept)
  switch (type) {
    case 'unary': {
      const handle: handleUnaryCall<Bytes, Bytes> = (call, done) =>
        begin([call.request], call.metadata, {
          send: ([message]) => done(null, message!),
          refuse: (refusal) => done(refusal),
        })
      return { type, handle }
    }
    case 'clientStream': {
      const handle: handleClientStreamingCall<Bytes, Bytes> = (call, done) => {
        const refuse = (refusal: Refusal) => done(refusal)
        const reply: Reply = { send: ([message]) => done(null, message!), refuse }
        gather(call, context, refuse, (requests) => begin(requests, call.metadata, reply))
      }
      return { type, handle }
    }
    case 'serverStream': {
      const handle: handleServerStreamingCall<Bytes, Bytes> = (call) =>
        begin([call.request], call.metadata, streamReply(call, context.budget))
      return { type, handle }
    }
    case 'bidi': {
      const handle: handleBidiStreamingCall<Bytes, Bytes> = (call) => {
        const reply = streamReply(call, context.budget)
        gather(call, context, reply.refuse, (requests) => begin(requests, call.metadata, reply))
      }
      return { type, handle }
    }
  }
}

function beginCall(
  method: Method,
  requests: readonly Bytes[],
  metadata: Metadata,
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
  const admission = accept({
    params,
    size: requests.reduce((sum, { length }) => sum + length, 0),
    metadata,
    async answer(outcome) {
      if (answered) return
      answered = true
      if (!outcome.ok) return reply.refuse(refusalOf(outcome.error))
      let messages: Bytes[]
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
  'shutting-down': () => new ConnectionError('the server is shutting down'),
}

function listOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value
  throw new SerializeError('the method answers with a stream: expected an array of responses')
}

function gather(
  call: ServerReadableStream<Bytes, Bytes> | ServerDuplexStream<Bytes, Bytes>,
  { budget, settings }: Pick<AdapterContext, 'budget' | 'settings'>,
  refuse: (refusal: Refusal) => void,
  done: (requests: readonly Bytes[]) => void,
): void {
  const maxBytes = settings.limits.frame
  const requests: Bytes[] = []
  let [size, isOver] = [0, false]
  const release = () => {
    if (isOver) return
    isOver = true
    budget.give(size)
  }
  const tooMuch = (reason: string) => {
    release()
    requests.length = 0
    refuse(refusalOf(new RpcError(status.RESOURCE_EXHAUSTED, reason)))
  }
  call.on('data', (bytes: Bytes) => {
    if (isOver) return
    size += bytes.length
    budget.take(bytes.length)
    requests.push(bytes)
    if (size > maxBytes) tooMuch(`the requests exceed the limit of ${maxBytes} bytes`)
    else if (budget.isFull) tooMuch('the memory for requests is full')
  })
  call.on('end', () => {
    if (isOver) return
    release()
    if (!call.cancelled) done(requests)
  })
  call.on('cancelled', release)
  call.on('error', release)
}

function streamReply(
  call: ServerWritableStream<Bytes, Bytes> | ServerDuplexStream<Bytes, Bytes>,
  budget: ByteBudget,
): Reply {
  call.on('error', () => {})
  return {
    async send(messages) {
      let left = messages.reduce((sum, { length }) => sum + length, 0)
      budget.take(left)
      for (const message of messages) {
        if (call.cancelled) break
        await new Promise<void>((resolve) => {
          call.once('cancelled', resolve)
          call.write(message, () => {
            call.off('cancelled', resolve)
            resolve()
          })
        })
        left -= message.length
        budget.give(message.length)
      }
      budget.give(left)
      if (!call.cancelled) call.end()
    },
    refuse: (refusal) => void call.emit('error', refusal),
  }
}
