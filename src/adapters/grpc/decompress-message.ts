import type { Buffer } from 'node:buffer'
import type { Transform } from 'node:stream'
import { status } from '@grpc/grpc-js'
import { decompress } from '../decompress.js'

/** A failure in the form that grpc-js expects from a decompression. */
interface Failure extends Error {
  readonly code: status
  readonly details: string
}

/** Makes a failure with the code RESOURCE_EXHAUSTED. */
export function exhausted(details: string): Failure {
  return failure(status.RESOURCE_EXHAUSTED, details)
}

/**
 * Decompresses a message.
 * @param maxBytes maximum size of the result
 * @param onPiece counts a piece before it is kept, in bytes; may throw a failure
 * @throws Failure
 */
export async function decompressMessage(
  stream: Transform,
  message: Buffer,
  maxBytes: number,
  onPiece: (bytes: number) => void,
): Promise<Buffer> {
  let size = 0
  try {
    return await decompress(stream, message, (bytes) => {
      size += bytes
      if (size > maxBytes)
        throw exhausted(`Received message that decompresses to a size larger than ${maxBytes}`)
      onPiece(bytes)
    })
  } catch (error) {
    if ((error as Partial<Failure>).details !== undefined) throw error
    throw failure(status.INTERNAL, 'Failed to decompress a message')
  }
}

function failure(code: status, details: string): Failure {
  return Object.assign(new Error(details), { code, details })
}
