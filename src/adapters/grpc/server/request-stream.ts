import { type ServerDuplexStream, type ServerReadableStream, status } from '@grpc/grpc-js'
import { RpcError } from '../../../core/errors/rpc.js'
import type { MemoryShare } from '../../../core/memory-share.js'
import { MESSAGE_BYTES } from '../message-frames.js'
import type { TurnQuota } from '../turn-quota.js'
import { refusalOf } from './refusal.js'
import type { Reply } from './reply.js'

/** What limits the reading of request streams. */
export interface RequestStreamLimits {
  /** Maximum size of the requests of a stream in bytes. */
  readonly maxBytes: number
  readonly turns: TurnQuota
}

/**
 * Reads the requests of a stream to its end. They count as memory of the caller until then.
 * @param done called with all requests, unless the stream is refused or cancelled
 */
export function gather(
  call: ServerReadableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
  memory: MemoryShare,
  { maxBytes, turns }: RequestStreamLimits,
  reply: Pick<Reply, 'isOver' | 'refuse'>,
  done: (requests: readonly Buffer[]) => void,
): void {
  const requests: Buffer[] = []
  let [size, counted, isOver] = [0, 0, false]
  const release = () => {
    if (isOver) return
    isOver = true
    memory.add(-counted)
  }
  const drop = () => {
    release()
    requests.length = 0
  }
  const tooMuch = (reason: string) => {
    drop()
    reply.refuse(refusalOf(new RpcError(status.RESOURCE_EXHAUSTED, reason)))
  }
  call.on('data', (bytes: Buffer) => {
    if (reply.isOver) drop()
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
    if (!call.cancelled && !reply.isOver) done(requests)
  })
  call.on('cancelled', release)
  call.on('error', release)
}
