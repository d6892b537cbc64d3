import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedHandleCall,
} from '@grpc/grpc-js'
import type { Identity } from '../../../core/identity.js'
import type { MemoryShare } from '../../../core/memory-share.js'
import type { RareWarning } from '../../rare-warning.js'
import type { Method } from '../methods.js'
import { beginCall, type Origin } from './begin-call.js'
import { type CallerMemory, remoteAddressOf, streamOfHandled } from './caller-memory.js'
import type { AnyCall, Guard } from './guard.js'
import { type Reply, singleReply, streamReply } from './reply.js'
import { gather, type RequestStreamLimits } from './request-stream.js'
import type { AcceptCall } from './served-call.js'

type SingleRequest = ServerUnaryCall<Buffer, Buffer> | ServerWritableStream<Buffer, Buffer>
type RequestStream = ServerReadableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>

/** What the handlers of all methods share. */
export interface HandlerDependencies extends RequestStreamLimits {
  readonly guard: Guard
  readonly memory: CallerMemory
  readonly dropped: RareWarning
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
  const shareOf = (call: AnyCall) => memory.of(streamOfHandled(call))
  const begin = (requests: readonly Buffer[], of: Origin, share: MemoryShare, reply: Reply) =>
    beginCall(method, requests, of, share, reply, accept)
  const serveOne = (call: SingleRequest, share: MemoryShare, given: Reply) =>
    guard.admit(call, given.refuse, (identity, who) => {
      const reply = type === 'unary' ? given : guard.untilExpiry(call, who, given)
      begin([call.request], originOf(call, identity), share, reply)
    })
  const serveStream = (call: RequestStream, share: MemoryShare, given: Reply) =>
    guard.admit(call, given.refuse, (identity, who) => {
      const reply = guard.untilExpiry(call, who, given)
      gather(call, share, limits, reply, (requests) =>
        begin(requests, originOf(call, identity), share, reply),
      )
    })
  switch (type) {
    case 'unary': {
      const handle: handleUnaryCall<Buffer, Buffer> = (call, done) => {
        const share = shareOf(call)
        serveOne(call, share, singleReply(call, done, share, dropped))
      }
      return { type, handle }
    }
    case 'clientStream': {
      const handle: handleClientStreamingCall<Buffer, Buffer> = (call, done) => {
        const share = shareOf(call)
        serveStream(call, share, singleReply(call, done, share, dropped))
      }
      return { type, handle }
    }
    case 'serverStream': {
      const handle: handleServerStreamingCall<Buffer, Buffer> = (call) => {
        const share = shareOf(call)
        serveOne(call, share, streamReply(call, share, dropped))
      }
      return { type, handle }
    }
    case 'bidi': {
      const handle: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
        const share = shareOf(call)
        serveStream(call, share, streamReply(call, share, dropped))
      }
      return { type, handle }
    }
  }
}

function originOf(call: AnyCall, identity: Identity | undefined): Origin {
  const { metadata } = call
  return { metadata, identity, address: remoteAddressOf(streamOfHandled(call)) }
}
