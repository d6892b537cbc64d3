import type { Buffer } from 'node:buffer'
import { promisify } from 'node:util'
import { SerializeError } from '../../core/errors/operation.js'
import { codeOf } from '../socket-failure.js'
import type { HttpAnswer } from './exchange.js'

type Decode = (body: Uint8Array, limit: number) => Promise<Buffer>

/** Tells whether the body is compressed (RFC 9110, section 8.4). */
export function isEncoded({ headers, body }: HttpAnswer): boolean {
  const coding = headers['content-encoding']
  return coding !== undefined && coding !== 'identity' && coding !== '' && body.length > 0
}

/**
 * Decompresses the body of an answer; only a single coding is supported.
 * @param limit maximum size of the decompressed body in bytes, because a few kilobytes may hold gigabytes
 * @throws SerializeError if the body exceeds the limit or is malformed, or if the coding is unknown
 */
export async function decoded(answer: HttpAnswer, limit: number, integration: string): Promise<HttpAnswer> {
  const coding = answer.headers['content-encoding']!.trim().toLowerCase()
  const decode = DECODERS.get(coding)
  if (decode === undefined)
    throw new SerializeError(
      `expected an answer with the content coding gzip, deflate or br, found ${coding.replace(/[^\x20-\x7e]/g, '?').slice(0, 50)}`,
      { integration },
    )
  try {
    return { ...answer, body: await decode(answer.body, limit) }
  } catch (error) {
    const reason =
      codeOf(error) === 'ERR_BUFFER_TOO_LARGE'
        ? `the decompressed answer exceeds the limit of ${limit} bytes`
        : `malformed answer: its body is not ${coding} (${codeOf(error) || 'unknown error'})`
    throw new SerializeError(reason, { integration })
  }
}

// Loads Node's zlib with the first compressed answer.
const gunzip: Decode = async (body, limit) =>
  promisify((await import('node:zlib')).gunzip)(body, { maxOutputLength: limit })

const inflate: Decode = async (body, limit) => {
  const zlib = await import('node:zlib')
  const options = { maxOutputLength: limit }
  // Some servers send a raw deflate stream without the zlib header (RFC 9110, section 8.4.1.2).
  return promisify(zlib.inflate)(body, options).catch((error) =>
    codeOf(error) === 'Z_DATA_ERROR' ? promisify(zlib.inflateRaw)(body, options) : Promise.reject(error),
  )
}

const DECODERS: ReadonlyMap<string, Decode> = new Map([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflate],
  [
    'br',
    async (body, limit) =>
      promisify((await import('node:zlib')).brotliDecompress)(body, { maxOutputLength: limit }),
  ],
])
