import { createPrivateKey } from 'node:crypto'
import { z } from 'zod'
import { rereadPath } from '../../adapters/config-kinds.js'
import type { JwtSettings } from '../../core/settings/auth.js'
import type { Value } from '../../core/value.js'
import { quoteAll } from '../reading/expectation.js'
import { fault, ifAllValid, wrong } from '../reading/fault.js'
import { duration, text } from './kinds.js'
import { toSettings } from './settings.js'
import { algorithmsOf, checkSecret, keyIn, LEAST_BYTES, RSA_BITS } from './signature-keys.js'

/** Claims that have their own attributes or are set by the gateway. */
const OWN_CLAIMS: Readonly<Record<string, string>> = {
  iss: 'use the attribute "issuer"',
  sub: 'use the attribute "subject"',
  aud: 'use the attribute "audience"',
  exp: 'use the attribute "expires_in"',
  iat: 'the gateway sets it',
  nbf: 'the gateway sets it',
  jti: 'the gateway sets it',
}

const block = z.strictObject({
  type: z.literal('jwt').describe('JSON Web Token signed by the gateway and renewed before it expires.'),
  secret: text
    .meta({ writeOnly: true })
    .optional()
    .describe('Secret, at least as long as the hash of the algorithm: 32 bytes for HS256.'),
  private_key: rereadPath
    .meta({ writeOnly: true })
    .optional()
    .describe(
      'PEM file with a private key without a passphrase, in place of `secret`. Example: `"./gateway-key.pem"`.',
    ),
  algorithm: text
    .optional()
    .describe('Signature algorithm. Default: HS256 for a secret, otherwise the one of the private key.'),
  issuer: text.optional().describe('Issuer of the token (claim `iss`).'),
  subject: text.optional().describe('Subject of the token (claim `sub`).'),
  audience: text.optional().describe('Audience of the token.'),
  key_id: text.optional().describe('Id of the key (header `kid`), by which the server finds the public key.'),
  expires_in: duration(1_000).prefault('5m').describe('How long a token is valid.'),
  claims: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Additional claims. Example: `{ tenant = "acme" }`.'),
})

export const jwt = block.superRefine(
  ifAllValid((values, context) => {
    const { secret, private_key, claims } = values
    for (const name of Object.keys(claims))
      if (Object.hasOwn(OWN_CLAIMS, name))
        fault(context, ['claims', name], {
          message: `"${name}" must not be set in "claims"`,
          hint: OWN_CLAIMS[name]!,
        })
    if (secret !== undefined && private_key !== undefined)
      fault(context, ['private_key'], {
        message: '"private_key" and "secret" exclude each other',
        hint: 'remove one of them',
      })
    else if (secret !== undefined) {
      const { algorithm = 'HS256' } = values
      if (LEAST_BYTES[algorithm] === undefined)
        wrong(context, 'algorithm', quoteAll(Object.keys(LEAST_BYTES)))
      else checkSecret(secret, algorithm, context)
    } else if (private_key !== undefined) checkKey(private_key, values.algorithm, context)
    else
      fault(context, [], {
        message: 'auth of type "jwt" needs "secret" or "private_key"',
        hint: 'set private_key = "PATH" to a PEM file; the server verifies tokens with its public key',
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

function checkKey(file: string, algorithm: string | undefined, context: z.RefinementCtx): void {
  const fitting = algorithmsIn(file)
  if (fitting.length === 0)
    wrong(
      context,
      'private_key',
      `the path of a PEM file with a private key: RSA of ${RSA_BITS} bits or more, P-256, P-384, P-521 or Ed25519`,
      'decrypt a key that has a passphrase first',
    )
  else if (algorithm !== undefined && !fitting.includes(algorithm))
    wrong(context, 'algorithm', quoteAll(fitting))
}

/** Returns the algorithms for the private key in a file, the preferred one first; empty if there is no usable key. */
function algorithmsIn(file: string): readonly string[] {
  return algorithmsOf(keyIn(file, createPrivateKey))
}
