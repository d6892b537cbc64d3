import type { KeyObject } from 'node:crypto'

/** The algorithms of signatures with a key pair (RFC 7518, RFC 8037). */
export const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const

const CURVES: { readonly [algorithm: string]: string } = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
}
const LEAST_RSA_BITS = 2048

/** Tells whether a public key can verify signatures of an algorithm. The type of the key decides, never the token. */
export function fits(key: KeyObject, algorithm: string): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'rsa') return /^[RP]S\d{3}$/.test(algorithm) && (details?.modulusLength ?? 0) >= LEAST_RSA_BITS
  if (type === 'ec') return CURVES[algorithm] !== undefined && CURVES[algorithm] === details?.namedCurve
  return type === 'ed25519' && algorithm === 'EdDSA'
}
