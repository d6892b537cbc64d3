import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { JwtSettings } from '../../core/settings.js'
import type { Value } from '../../core/value.js'
import { quoteAll } from '../reading/expectation.js'
import { fault, together, wrong } from '../reading/fault.js'
import { duration, filePath, text } from './kinds.js'
import { toSettings } from './settings.js'

/** Bytes that a secret has at least: as many as the hash (RFC 7518, section 3.2). */
const LEAST_BYTES: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 }
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}
const RSA_BITS = 2048

/** Claims that the block has attributes for, or that the gateway sets. */
const OWN_CLAIMS: Readonly<Record<string, string>> = {
  iss: 'it is "issuer" in the block itself',
  sub: 'it is "subject" in the block itself',
  aud: 'it is "audience" in the block itself',
  exp: 'it comes from "expires_in"',
  iat: 'the gateway sets it',
  nbf: 'the gateway sets it',
  jti: 'the gateway sets it',
}

const block = z.strictObject({
  type: z.literal('jwt').describe('A token that is minted here, and renewed before it expires.'),
  secret: text
    .meta({ writeOnly: true })
    .optional()
    .describe('At least as many bytes as the hash of the algorithm has: 32 for HS256.'),
  private_key: filePath
    .meta({ writeOnly: true })
    .optional()
    .describe('A PEM file without a passphrase, in place of `secret`.'),
  algorithm: text.optional().describe('HS256 for a secret; what fits the key for a private key.'),
  issuer: text.optional().describe('The claim `iss`.'),
  subject: text.optional().describe('The claim `sub`.'),
  audience: text.optional().describe('The claim `aud`.'),
  key_id: text.optional().describe('The header `kid`.'),
  expires_in: duration(1_000).prefault('5m').describe('How long a token is valid.'),
  claims: z.record(z.string(), z.unknown()).default({}).describe('Further claims.'),
})

export const jwt = block.superRefine(
  together((values, context) => {
    const { secret, private_key, claims } = values
    for (const name of Object.keys(claims))
      if (Object.hasOwn(OWN_CLAIMS, name))
        fault(context, ['claims', name], {
          message: `"${name}" is no claim of one's own`,
          hint: OWN_CLAIMS[name]!,
        })
    if (secret !== undefined && private_key !== undefined)
      fault(context, ['private_key'], { message: 'there is a "secret" already', hint: 'a token has one key' })
    else if (secret !== undefined) checkSecret(secret, values.algorithm, context)
    else if (private_key !== undefined) checkKey(private_key, values.algorithm, context)
    else
      fault(context, [], {
        message: 'auth of type "jwt" needs "secret" or "private_key"',
        hint: 'private_key = "PATH" is a PEM file; the server checks tokens with the public key of it',
      })
  }),
)

export function jwtSettings(values: z.output<typeof jwt>): JwtSettings {
  const { secret, privateKey: file = '', algorithm, claims, ...rest } = toSettings(block, values)
  return {
    ...rest,
    claims: claims as { readonly [name: string]: Value },
    ...(secret === undefined
      ? { key: { kind: 'pem', file }, algorithm: algorithm ?? algorithmsIn(file)[0]! }
      : { key: { kind: 'secret', secret }, algorithm: algorithm ?? 'HS256' }),
  }
}

function checkSecret(secret: string, algorithm = 'HS256', context: z.RefinementCtx): void {
  const least = LEAST_BYTES[algorithm]
  const bytes = Buffer.byteLength(secret)
  if (least === undefined) wrong(context, 'algorithm', quoteAll(Object.keys(LEAST_BYTES)))
  else if (bytes < least)
    fault(
      context,
      ['secret'],
      {
        message: `the secret is too short for ${algorithm}`,
        expected: `at least ${least} bytes`,
        found: `${bytes} bytes`,
        hint: 'a shorter one can be guessed from a single token; "openssl rand -base64 48" makes a good one',
      },
      'value',
    )
}

function checkKey(file: string, algorithm: string | undefined, context: z.RefinementCtx): void {
  const fitting = algorithmsIn(file)
  if (fitting.length === 0)
    wrong(
      context,
      'private_key',
      `the path of a PEM file with a private key: RSA of ${RSA_BITS} bits or more, P-256, P-384, P-521 or Ed25519`,
      'a key with a passphrase has to be decrypted first',
    )
  else if (algorithm !== undefined && !fitting.includes(algorithm))
    wrong(context, 'algorithm', quoteAll(fitting))
}

/** The algorithms that sign with a key in a file (RFC 7518, RFC 8037), the usual one first; none for what is no key. */
function algorithmsIn(file: string): readonly string[] {
  const { asymmetricKeyType, asymmetricKeyDetails } = keyIn(file) ?? {}
  if (asymmetricKeyType === 'rsa') return (asymmetricKeyDetails?.modulusLength ?? 0) >= RSA_BITS ? RSA : []
  if (asymmetricKeyType === 'ed25519') return ['EdDSA']
  const curve = CURVES[asymmetricKeyDetails?.namedCurve ?? '']
  return asymmetricKeyType === 'ec' && curve !== undefined ? [curve] : []
}

function keyIn(file: string): KeyObject | undefined {
  try {
    return createPrivateKey(readFileSync(file))
  } catch {
    return undefined
  }
}
