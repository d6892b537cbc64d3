import {
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { RpcError } from '../../../core/errors/rpc.js'
import type { MemoryShare } from '../../../core/memory-share.js'
import type { RareWarning } from '../../rare-warning.js'
import { streamOfHandled } from './caller-memory.js'
import { type Refusal, refusalOf } from './refusal.js'

/** A smaller single answer is not counted: it takes little more than the stream that carries it. */
const COUNTED_BYTES = 16 * 1024

/** Sends the encoded answer of one call. Messages that the caller has not read count as its memory. */
export interface Reply {
  /** Whether the call has ended; absent if only its answer can end it. */
  readonly isOver?: boolean
  send(messages: readonly Buffer[]): void
  /** Sends one response of a stream. @returns false if the caller has gone */
  part?(message: Buffer): Promise<boolean>
  refuse(refusal: Refusal): void
}

/** Refuses an answer for which the caller has no memory left. */
function refuseAnswer({ refuse }: Pick<Reply, 'refuse'>, dropped: RareWarning): void {
  dropped.add('an answer is dropped: its caller does not read its answers and has filled the memory limit')
  refuse(refusalOf(new RpcError(status.RESOURCE_EXHAUSTED, 'the memory for answers is full')))
}

/** Makes the reply of a method that answers with one response. */
export function singleReply(
  call: ServerUnaryCall<Buffer, Buffer> | ServerReadableStream<Buffer, Buffer>,
  done: sendUnaryData<Buffer>,
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

/** Makes the reply of a method that answers with a stream. */
export function streamReply(
  call: ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
  memory: MemoryShare,
  dropped: RareWarning,
): Reply {
  call.on('error', () => {})
  const write = writerOf(call)
  return {
    async send(messages) {
      let left = messages.reduce((sum, { length }) => sum + length, 0)
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
  call: ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
): (message: Buffer) => Promise<void> {
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
