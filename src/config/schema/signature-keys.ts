import type { KeyObject } from 'node:crypto'
import type { z } from 'zod'
import { readRegularFileNow } from '../../core/read-file.js'
import { fault } from '../reading/fault.js'

/** Minimum length of a secret in bytes: the length of the hash (RFC 7518, section 3.2). */
export const LEAST_BYTES: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 }
export const RSA_BITS = 2048
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}

/** The algorithms of signatures with a key pair. */
export const KEY_PAIR_ALGORITHMS = [...RSA, ...Object.values(CURVES), 'EdDSA'] as readonly string[]

/** Reports a secret that is shorter than the hash of the algorithm. */
export function checkSecret(secret: string, algorithm: string, context: z.RefinementCtx): void {
  const least = LEAST_BYTES[algorithm] ?? 0
  const bytes = Buffer.byteLength(secret)
  if (bytes < least)
    fault(
      context,
      ['secret'],
      {
        message: `the secret is too short for ${algorithm}`,
        expected: `at least ${least} bytes`,
        found: `${bytes} bytes`,
        hint: 'a shorter secret can be guessed from a single token; generate one with "openssl rand -base64 48"',
      },
      'value',
    )
}

/** Returns the algorithms for a key (RFC 7518, RFC 8037), the preferred one first; empty if it is not usable. */
export function algorithmsOf(key: KeyObject | undefined): readonly string[] {
  const { asymmetricKeyType, asymmetricKeyDetails } = key ?? {}
  if (asymmetricKeyType === 'rsa') return (asymmetricKeyDetails?.modulusLength ?? 0) >= RSA_BITS ? RSA : []
  if (asymmetricKeyType === 'ed25519') return ['EdDSA']
  const curve = CURVES[asymmetricKeyDetails?.namedCurve ?? '']
  return asymmetricKeyType === 'ec' && curve !== undefined ? [curve] : []
}

/** Reads the key in a file; `undefined` if it cannot be read. */
export function keyIn(file: string, read: (pem: Buffer) => KeyObject): KeyObject | undefined {
  try {
    return read(readRegularFileNow(file))
  } catch {
    return undefined
  }
}
