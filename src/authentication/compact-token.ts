import { Buffer } from 'node:buffer'
import { compactVerify } from 'jose'
import { type JsonObject, parseObject } from './json-object.js'
import type { KeySource } from './keys.js'
import { TokenFault } from './token-fault.js'

/** Three parts in Base64url (RFC 7515, section 3.1). */
const COMPACT = /^([\w-]+)\.([\w-]*)\.([\w-]+)$/
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** A longer `kid` is not looked for. */
const LONGEST_KID = 256

/** Returns the header of a signed token. Nothing in it may be trusted before the signature is verified. @throws TokenFault */
export function headerOf(token: string): JsonObject {
  const [, ...parts] = COMPACT.exec(token) ?? []
  const [encoded] = parts
  if (encoded === undefined || !parts.every(isCanonical)) throw new TokenFault('the token is malformed')
  const header = objectIn(Buffer.from(encoded, 'base64url'), 'header')
  // What must be understood (RFC 7515, section 4.1.11) is not.
  if ('crit' in header || 'b64' in header)
    throw new TokenFault('the token needs an extension that is not supported')
  return header
}

/** Whether a text is the only one in Base64url for its bytes: its last character has no bits that are left over. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}

/**
 * Verifies a signed token in compact form (RFC 7515, section 5.2).
 * @param algorithms the algorithms that are allowed, whatever the token says
 * @returns its payload
 * @throws TokenFault, CheckUnavailable
 */
export async function verifiedPayload(
  token: string,
  algorithms: readonly string[],
  keys: Pick<KeySource, 'find'>,
): Promise<{ readonly header: JsonObject; readonly payload: Uint8Array }> {
  const header = headerOf(token)
  const { alg, kid } = header
  if (typeof alg !== 'string' || !algorithms.includes(alg))
    throw new TokenFault('the token was signed with an algorithm that is not allowed')
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > LONGEST_KID))
    throw new TokenFault('the token was signed with an unknown key')
  const key = await keys.find(kid, alg)
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [alg] })
    return { header, payload }
  } catch {
    // A message of jose could have a part of the token.
    throw new TokenFault('the signature of the token is wrong')
  }
}

/** Reads the JSON object in a part of a token. @throws TokenFault if it is anything else, or has duplicate members */
export function objectIn(part: Uint8Array, what: string): JsonObject {
  let text: string
  try {
    text = UTF8.decode(part)
  } catch {
    throw new TokenFault(`the ${what} of the token is malformed`)
  }
  const object = parseObject(text)
  if (object === undefined)
    throw new TokenFault(`the ${what} of the token must be a JSON object without duplicate members`)
  return object
}
