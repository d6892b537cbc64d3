import { Buffer } from 'node:buffer'
import { createHash, timingSafeEqual } from 'node:crypto'
import type { StoredSecret } from '../core/settings/authentication.js'

/** The SHA-256 of a text. Digests have one length, so that a comparison does not tell the length of a secret. */
export function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

export function digestOfStored(secret: StoredSecret): Buffer {
  return secret.kind === 'text' ? digestOf(secret.text) : Buffer.from(secret.digest, 'hex')
}

/** Finds the entry whose digests are these. All entries are compared, so that the time does not tell which one it is. */
export function findByDigests<T>(
  entries: readonly { readonly digests: readonly Buffer[]; readonly value: T }[],
  digests: readonly Buffer[],
): T | undefined {
  let found: T | undefined
  for (const { digests: expected, value } of entries) {
    let isSame = true
    for (const [i, digest] of expected.entries()) isSame = timingSafeEqual(digest, digests[i]!) && isSame
    if (isSame) found = value
  }
  return found
}
