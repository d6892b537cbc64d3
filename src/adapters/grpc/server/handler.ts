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
import type { AdapterContext, RpcOutcome } from '../../../core/adapter.js'
import type { ByteBudget } from '../../../core/byte-budget.js'
import { ConnectionError, RpcError, SerializeError } from '../../../core/errors.js'
import type { Value } from '../../../core/value.js'
import type { Method } from '../methods.js'
import { internalError, type Refusal, refusalOf } from './refusal.js'

/** A call that has been read to its end, and waits for its answer. */
export interface ServedCall {
  readonly params: Value | undefined
  /** Bytes of the request. */
  readonly size: number
  readonly metadata: Metadata
  /** @throws SerializeError when the value is none of the method's; the caller has been told by then */
  answer(outcome: RpcOutcome): Promise<void>
}

/** What became of a call: why it was not taken, where it was not. */
export type Taken = 'taken' | 'no-room' | 'no-memory' | 'shutting-down'

export type TakeCall = (call: ServedCall) => Taken

type Bytes = Buffer

interface Reply {
  send(messages: readonly Bytes[]): void
  refuse(refusal: Refusal): void
}

/** How the library names the kinds of methods. */
const TYPES = {
  unary: 'unary',
  unknown: 'unary',
  'client-streaming': 'clientStream',
  'server-streaming': 'serverStream',
  bidi: 'bidi',
} as const

/**
 * The handler of a method. Requests of a stream are gathered into an array before it is called; an answer to be
 * streamed is an array. What is gathered, and what waits to be read by the caller, is counted in the budget.
 */
export function handlerOf(
  method: Method,
  context: Pick<AdapterContext, 'budget' | 'settings'>,
  take: TakeCall,
): { readonly type: (typeof TYPES)[keyof typeof TYPES]; readonly handle: UntypedHandleCall } {
  const type = TYPES[method.kind]
  const begin = (requests: readonly Bytes[], metadata: Metadata, reply: Reply) =>
    beginCall(method, requests, metadata, reply, take)
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
  take: TakeCall,
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
  const taken = take({
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
  if (taken !== 'taken') reply.refuse(refusalOf(REASONS[taken]()))
}

const REASONS: Readonly<Record<Exclude<Taken, 'taken'>, () => Error>> = {
  'no-room': () => new RpcError(status.RESOURCE_EXHAUSTED, 'too many calls are under way'),
  'no-memory': () => new RpcError(status.RESOURCE_EXHAUSTED, 'the memory for requests is full'),
  'shutting-down': () => new ConnectionError('the server shuts down'),
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
  const leave = () => {
    if (isOver) return
    isOver = true
    budget.give(size)
  }
  const tooMuch = (reason: string) => {
    leave()
    requests.length = 0
    refuse(refusalOf(new RpcError(status.RESOURCE_EXHAUSTED, reason)))
  }
  call.on('data', (bytes: Bytes) => {
    if (isOver) return
    size += bytes.length
    budget.take(bytes.length)
    requests.push(bytes)
    if (size > maxBytes) tooMuch(`the requests have more than ${maxBytes} bytes`)
    else if (budget.isFull) tooMuch('the memory for requests is full')
  })
  call.on('end', () => {
    if (isOver) return
    leave()
    if (!call.cancelled) done(requests)
  })
  call.on('cancelled', leave)
  call.on('error', leave)
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
