import type { Buffer } from 'node:buffer'
import { promisify } from 'node:util'
import { SerializeError } from '../../core/errors.js'
import { codeOf } from '../socket-failure.js'
import type { HttpAnswer } from './exchange.js'

type Decode = (body: Uint8Array, limit: number) => Promise<Buffer>

/** Whether the body is compressed (RFC 9110, section 8.4). */
export function isEncoded({ headers, body }: HttpAnswer): boolean {
  const coding = headers['content-encoding']
  return coding !== undefined && coding !== 'identity' && coding !== '' && body.length > 0
}

/**
 * The answer with its body decompressed: one coding, as we ask for it.
 * @param limit bytes of the decompressed body at most: a few kilobytes may hold gigabytes
 * @throws SerializeError for a body beyond the limit, a broken one, or an unknown coding
 */
export async function decoded(answer: HttpAnswer, limit: number, integration: string): Promise<HttpAnswer> {
  const coding = answer.headers['content-encoding']!.trim().toLowerCase()
  const decode = DECODERS.get(coding)
  if (decode === undefined)
    throw new SerializeError(
      `the answer has a content coding that was not asked for: ${coding.replace(/[^\x20-\x7e]/g, '?').slice(0, 50)}`,
      { integration },
    )
  try {
    return { ...answer, body: await decode(answer.body, limit) }
  } catch (error) {
    const reason =
      codeOf(error) === 'ERR_BUFFER_TOO_LARGE'
        ? `the decompressed answer has more than the limit of ${limit} bytes`
        : `malformed answer: its body is not ${coding} (${codeOf(error) || 'unknown error'})`
    throw new SerializeError(reason, { integration })
  }
}

// Node's zlib is loaded when the first compressed answer comes.
const gunzip: Decode = async (body, limit) =>
  promisify((await import('node:zlib')).gunzip)(body, { maxOutputLength: limit })

const inflate: Decode = async (body, limit) => {
  const zlib = await import('node:zlib')
  const options = { maxOutputLength: limit }
  // Some servers send the bare deflate stream (RFC 9110, section 8.4.1.2).
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
