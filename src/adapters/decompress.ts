import { Buffer } from 'node:buffer'
import type { Transform } from 'node:stream'

/**
 * Decompresses a body with a stream of Node's zlib.
 * @param onPiece called with the size of each piece before it is kept, in bytes; an error that it throws ends the
 * decompression, because a few kilobytes may hold gigabytes
 * @throws the error of zlib or of `onPiece`
 */
export function decompress(
  stream: Transform,
  body: Uint8Array,
  onPiece: (bytes: number) => void,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    stream.on('data', (piece: Buffer) => {
      try {
        onPiece(piece.length)
        pieces.push(piece)
      } catch (error) {
        pieces.length = 0
        stream.destroy()
        reject(error)
      }
    })
    stream.on('end', () => resolve(Buffer.concat(pieces)))
    stream.on('error', reject)
    stream.end(body)
  })
}
