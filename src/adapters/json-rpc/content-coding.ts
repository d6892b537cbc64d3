import type { Transform } from 'node:stream'
import { SerializeError } from '../../core/errors/operation.js'
import type { IncomingAnswer } from '../../core/incoming-answers.js'
import { decompress } from '../decompress.js'
import { codeOf } from '../socket-failure.js'
import type { HttpAnswer } from './exchange.js'

type Zlib = typeof import('node:zlib')
type MakeStream = (zlib: Zlib) => Transform

const DECODERS: ReadonlyMap<string, MakeStream> = new Map([
  ['gzip', (zlib) => zlib.createGunzip()],
  ['x-gzip', (zlib) => zlib.createGunzip()],
  ['deflate', (zlib) => zlib.createInflate()],
  ['br', (zlib) => zlib.createBrotliDecompress()],
])

/** Tells whether the body is compressed (RFC 9110, section 8.4). */
export function isEncoded({ headers, body }: HttpAnswer): boolean {
  const coding = headers['content-encoding']
  return coding !== undefined && coding !== 'identity' && coding !== '' && body.length > 0
}

/**
 * Decompresses the body of an answer; only a single coding is supported. The decompressed bytes count as those of the
 * answer, and wait until there is memory for them.
 * @param limit maximum size of the decompressed body in bytes
 * @throws SerializeError if the body exceeds the limit or is malformed, or if the coding is unknown
 */
export async function decoded(
  answer: HttpAnswer,
  memory: IncomingAnswer,
  limit: number,
  integration: string,
): Promise<HttpAnswer> {
  const coding = answer.headers['content-encoding']!.trim().toLowerCase()
  const makeStream = DECODERS.get(coding)
  if (makeStream === undefined)
    throw new SerializeError(
      `expected an answer with the content coding gzip, deflate or br, found ${coding.replace(/[^\x20-\x7e]/g, '?').slice(0, 50)}`,
      { integration },
    )
  // Loads Node's zlib with the first compressed answer.
  const zlib = await import('node:zlib')
  const compressed = memory.bytes
  const decode = (stream: Transform) => {
    memory.readFrom(stream)
    let size = 0
    return decompress(stream, answer.body, (bytes) => {
      size += bytes
      if (size > limit)
        throw new SerializeError(`the decompressed answer exceeds the limit of ${limit} bytes`, {
          integration,
        })
      memory.set(compressed + size)
    })
  }
  try {
    const body = await decode(makeStream(zlib)).catch((error) => {
      // Some servers send a raw deflate stream without the zlib header (RFC 9110, section 8.4.1.2).
      if (coding === 'deflate' && codeOf(error) === 'Z_DATA_ERROR') return decode(zlib.createInflateRaw())
      throw error
    })
    return { ...answer, body }
  } catch (error) {
    if (error instanceof SerializeError) throw error
    const reason = `malformed answer: its body is not ${coding} (${codeOf(error) || 'unknown error'})`
    throw new SerializeError(reason, { integration })
  }
}
