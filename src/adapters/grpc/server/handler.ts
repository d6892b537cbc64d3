import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js'
import type { RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import { ConnectionError } from '../../../core/errors/connection.js'
import { SerializeError } from '../../../core/errors/operation.js'
import { RpcError } from '../../../core/errors/rpc.js'
import type { Identity } from '../../../core/identity.js'
import type { MemoryShare } from '../../../core/memory-share.js'
import type { Value } from '../../../core/value.js'
import type { RareWarning } from '../../rare-warning.js'
import { MESSAGE_BYTES } from '../message-frames.js'
import type { Method } from '../methods.js'
import type { TurnQuota } from '../turn-quota.js'
import { type CallerMemory, remoteAddressOf, streamOfHandled } from './caller-memory.js'
import type { AnyCall, Guard } from './guard.js'
import { internalError, type Refusal, refusalOf } from './refusal.js'

/** A call whose requests have been read completely and that waits for its answer. */
export interface ServedCall {
  readonly params: Value | undefined
  /** Size of the requests in bytes. */
  readonly size: number
  /** The memory of the caller. */
  readonly memory: MemoryShare
  /** The address of the caller. */
  readonly address: string | undefined
  readonly metadata: Metadata
  /** The caller, if it is known. */
  readonly identity: Identity | undefined
  /**
   * Sends the answer.
   * @throws SerializeError if the value does not fit the method's response; the caller then gets an internal error
   */
  answer(outcome: RpcOutcome): Promise<void>
  /**
   * Sends one response of a stream that `answer` ends; absent if the method answers with a single response. Resolves
   * when the caller has room for the next. @returns false if the caller has gone
   */
  part?(value: Value): Promise<boolean>
}

/** Whether a call was accepted, or why not. */
export type Admission = 'accepted' | 'no-room' | 'no-memory' | 'too-fast' | 'shutting-down'

export type AcceptCall = (call: ServedCall) => Admission

type Bytes = Buffer

/** Where a call comes from. */
type Origin = Pick<ServedCall, 'metadata' | 'identity' | 'address'>

/** A smaller single answer is not counted: it takes little more than the stream that carries it. */
const COUNTED_BYTES = 16 * 1024

/** What the handlers of all methods share. */
export interface HandlerDependencies {
  readonly guard: Guard
  readonly memory: CallerMemory
  /** Maximum size of the requests of a stream in bytes. */
  readonly maxBytes: number
  readonly turns: TurnQuota
  readonly dropped: RareWarning
}

interface Reply {
  send(messages: readonly Bytes[]): void
  /** Sends one response of a stream. @returns false if the caller has gone */
  part?(message: Bytes): Promise<boolean>
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
 * called, and a streamed answer is an array. Collected requests and unsent answers count as memory of the caller.
 */
export function handlerOf(
  method: Method,
  { guard, memory, dropped, ...limits }: HandlerDependencies,
  accept: AcceptCall,
): { readonly type: (typeof TYPES)[keyof typeof TYPES]; readonly handle: UntypedHandleCall } {
  const type = TYPES[method.kind]
  const begin = (requests: readonly Bytes[], of: Origin, share: MemoryShare, reply: Reply) =>
    beginCall(method, requests, of, share, reply, accept)
  switch (type) {
    case 'unary': {
      const handle: handleUnaryCall<Bytes, Bytes> = (call, done) => {
        const share = memory.of(streamOfHandled(call))
        const reply = singleReply(call, done, share, dropped)
        guard.admit(call, reply.refuse, (identity) =>
          begin([call.request], originOf(call, identity), share, reply),
        )
      }
      return { type, handle }
    }
    case 'clientStream': {
      const handle: handleClientStreamingCall<Bytes, Bytes> = (call, done) => {
        const share = memory.of(streamOfHandled(call))
        const reply = singleReply(call, done, share, dropped)
        guard.admit(call, reply.refuse, (identity) =>
          gather(call, share, limits, reply.refuse, (requests) =>
            begin(requests, originOf(call, identity), share, reply),
          ),
        )
      }
      return { type, handle }
    }
    case 'serverStream': {
      const handle: handleServerStreamingCall<Bytes, Bytes> = (call) => {
        const share = memory.of(streamOfHandled(call))
        const reply = streamReply(call, share, dropped)
        guard.admit(call, reply.refuse, (identity) =>
          begin([call.request], originOf(call, identity), share, reply),
        )
      }
      return { type, handle }
    }
    case 'bidi': {
      const handle: handleBidiStreamingCall<Bytes, Bytes> = (call) => {
        const share = memory.of(streamOfHandled(call))
        const reply = streamReply(call, share, dropped)
        guard.admit(call, reply.refuse, (identity) =>
          gather(call, share, limits, reply.refuse, (requests) =>
            begin(requests, originOf(call, identity), share, reply),
          ),
        )
      }
      return { type, handle }
    }
  }
}

function originOf(call: AnyCall, identity: Identity | undefined): Origin {
  const { metadata } = call
  return { metadata, identity, address: remoteAddressOf(streamOfHandled(call)) }
}

function beginCall(
  method: Method,
  requests: readonly Bytes[],
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
  'too-fast': () => new RpcError(status.RESOURCE_EXHAUSTED, 'too many requests of this caller'),
  'shutting-down': () => new ConnectionError('the server is shutting down'),
}

function listOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value
  throw new SerializeError('the method answers with a stream: expected an array of responses')
}

function gather(
  call: ServerReadableStream<Bytes, Bytes> | ServerDuplexStream<Bytes, Bytes>,
  memory: MemoryShare,
  { maxBytes, turns }: Pick<HandlerDependencies, 'maxBytes' | 'turns'>,
  refuse: (refusal: Refusal) => void,
  done: (requests: readonly Bytes[]) => void,
): void {
  const requests: Bytes[] = []
  let [size, counted, isOver] = [0, 0, false]
  const release = () => {
    if (isOver) return
    isOver = true
    memory.add(-counted)
  }
  const tooMuch = (reason: string) => {
    release()
    requests.length = 0
    refuse(refusalOf(new RpcError(status.RESOURCE_EXHAUSTED, reason)))
  }
  call.on('data', (bytes: Bytes) => {
    if (isOver) return
    if (size + bytes.length > maxBytes) return tooMuch(`the requests exceed the limit of ${maxBytes} bytes`)
    const more = bytes.length + MESSAGE_BYTES
    if (!memory.tryAdd(more)) return tooMuch('the memory for requests is full')
    size += bytes.length
    counted += more
    requests.push(bytes)
    if (turns.spend()) return
    call.pause()
    turns.whenDue(() => call.resume())
  })
  call.on('end', () => {
    if (isOver) return
    release()
    if (!call.cancelled) done(requests)
  })
  call.on('cancelled', release)
  call.on('error', release)
}

function sizeOf(messages: readonly Bytes[]): number {
  return messages.reduce((sum, { length }) => sum + length, 0)
}

/** Refuses an answer for which the caller has no memory left. */
function refuseAnswer({ refuse }: Pick<Reply, 'refuse'>, dropped: RareWarning): void {
  dropped.add('an answer is dropped: its caller does not read its answers and has filled the memory limit')
  refuse(refusalOf(new RpcError(status.RESOURCE_EXHAUSTED, 'the memory for answers is full')))
}

function singleReply(
  call: ServerUnaryCall<Bytes, Bytes> | ServerReadableStream<Bytes, Bytes>,
  done: sendUnaryData<Bytes>,
  memory: MemoryShare,
  dropped: RareWarning,
): Reply {
  return {
    send([message]) {
      const { length } = message!
      if (length >= COUNTED_BYTES && !call.cancelled) {
        if (!memory.tryAdd(length)) return refuseAnswer(this, dropped)
        streamOfHandled(call).once('close', () => memory.add(-length))
      }
      done(null, message!)
    },
    refuse: (refusal) => done(refusal),
  }
}

function streamReply(
  call: ServerWritableStream<Bytes, Bytes> | ServerDuplexStream<Bytes, Bytes>,
  memory: MemoryShare,
  dropped: RareWarning,
): Reply {
  call.on('error', () => {})
  const write = writerOf(call)
  return {
    async send(messages) {
      let left = sizeOf(messages)
      if (!memory.tryAdd(left)) return refuseAnswer(this, dropped)
      for (const message of messages) {
        if (call.cancelled) break
        await write(message)
        left -= message.length
        memory.add(-message.length)
      }
      memory.add(-left)
      if (!call.cancelled) call.end()
    },
    async part(message) {
      if (call.cancelled) return false
      if (!memory.tryAdd(message.length)) {
        refuseAnswer(this, dropped)
        return false
      }
      await write(message)
      memory.add(-message.length)
      return !call.cancelled
    },
    refuse: (refusal) => void call.emit('error', refusal),
  }
}

/** Makes a function that writes a message, and resolves when it has been written or the call is cancelled. */
function writerOf(
  call: ServerWritableStream<Bytes, Bytes> | ServerDuplexStream<Bytes, Bytes>,
): (message: Bytes) => Promise<void> {
  const waiting = new Set<() => void>()
  call.once('cancelled', () => {
    for (const resolve of waiting) resolve()
  })
  return (message) =>
    new Promise((resolve) => {
      waiting.add(resolve)
      call.write(message, () => {
        waiting.delete(resolve)
        resolve()
      })
    })
}
