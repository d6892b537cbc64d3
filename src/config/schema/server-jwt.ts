import { createPublicKey } from 'node:crypto'
import { z } from 'zod'
import { rereadPath } from '../../adapters/config-kinds.js'
import type { JwtVerification, KeySettings } from '../../core/settings/authentication.js'
import { quoteAll } from '../reading/expectation.js'
import { fault, ifAllValid, wrong } from '../reading/fault.js'
import { holdsKey } from '../secrets.js'
import { duration, oneOrMore, text } from './kinds.js'
import { accessRule, caCert, checkProviderUrl, toDpop, tokenRules } from './server-access.js'
import { settingsOf, toSettings } from './settings.js'
import {
  algorithmsOf,
  checkSecret,
  KEY_PAIR_ALGORITHMS,
  keyIn,
  LEAST_BYTES,
  RSA_BITS,
} from './signature-keys.js'

const keys = settingsOf({
  max_age: duration(1_000)
    .prefault('10m')
    .describe('Age at which the keys are fetched again, while those in use go on.'),
  max_stale: duration(0)
    .prefault('24h')
    .describe('How long keys are used beyond `max_age` while the identity provider is away.'),
  cooldown: duration(100)
    .prefault('30s')
    .describe('Shortest time between two fetches because of tokens with an unknown key.'),
  timeout: duration().prefault('5s').describe('Time limit of one fetch.'),
})

const block = z.strictObject({
  type: z.literal('jwt').describe('JSON Web Tokens (RFC 7519), verified by the server.'),
  secret: text
    .meta({ writeOnly: true })
    .optional()
    .describe('Shared secret, at least as long as the hash of the algorithm: 32 bytes for HS256.'),
  public_key: rereadPath
    .optional()
    .describe('PEM file with the public key or certificate of the issuer, in place of `secret`.'),
  jwks_url: text
    .optional()
    .describe('URL of the key set of the issuer, with https, in place of `secret`. Needs `audience`.'),
  issuer: oneOrMore(text)
    .optional()
    .describe(
      'Issuer that tokens must be from (claim `iss`), or several. Without `secret`, `public_key` and `jwks_url`, the keys are found by the discovery document of the issuer.',
    ),
  audience: oneOrMore(text)
    .optional()
    .describe('Audience that tokens must be for (claim `aud`); of several, one of them.'),
  algorithms: z
    .array(text)
    .min(1)
    .optional()
    .describe(
      'Algorithms that tokens may be signed with. Default: HS256 for a secret; otherwise those of the type of the key.',
    ),
  required_claims: z
    .array(text)
    .default(['exp'])
    .describe('Claims that tokens must have. Default: `["exp"]`.'),
  token_type: text
    .optional()
    .describe('Value that the header `typ` must have. Example: `"at+jwt"` for access tokens by RFC 9068.'),
  clock_tolerance: duration(0).prefault('5s').describe('How far the clock of the issuer may differ.'),
  keys: keys.prefault({}).describe('How the keys of `jwks_url` or `issuer` are kept.'),
  ca_cert: caCert,
  ...tokenRules,
  ...accessRule,
})

export const serverJwt = block.superRefine(
  ifAllValid((values, context) => {
    const { secret, public_key, jwks_url, issuer = [], audience } = values
    const sources = (['secret', 'public_key', 'jwks_url'] as const).filter(
      (name) => values[name] !== undefined,
    )
    const [source, other] = sources
    if (other !== undefined)
      return fault(context, [other], {
        message: `"${other}" and "${source}" exclude each other`,
        hint: 'remove one of them',
      })
    if (secret !== undefined) return checkShared(secret, values.algorithms, context)
    if (public_key !== undefined) return checkPublic(public_key, values.algorithms, context)
    if (jwks_url === undefined && issuer.length !== 1)
      return fault(context, [], {
        message: 'auth of type "jwt" needs one of "secret", "public_key", "jwks_url" and "issuer"',
        hint: 'set issuer = "https://…" to find the keys of an identity provider by its discovery document',
      })
    const [name, url] =
      jwks_url === undefined ? (['issuer', issuer[0]!] as const) : (['jwks_url', jwks_url] as const)
    checkProviderUrl(context, name, url)
    checkAlgorithms(values.algorithms, KEY_PAIR_ALGORITHMS, context)
    if (audience === undefined)
      fault(context, [name], {
        message: `"${name}" needs "audience" beside it`,
        hint: 'without it, tokens that the issuer made for other services are accepted here',
      })
  }),
)

export function jwtVerification(values: z.output<typeof block>): JwtVerification {
  const {
    secret,
    publicKey,
    jwksUrl,
    issuer: issuers = [],
    audience: audiences = [],
    algorithms,
    keys,
    caCert,
    default: _,
    scope: __,
    roles: ___,
    dpop,
    ...rest
  } = toSettings(block, values)
  const provider = { ...keys, ...(caCert !== undefined && { caCert }) }
  const key: KeySettings =
    secret !== undefined
      ? { kind: 'secret', secret }
      : publicKey !== undefined
        ? { kind: 'pem', file: publicKey }
        : jwksUrl !== undefined
          ? { kind: 'jwks', url: jwksUrl, ...provider }
          : { kind: 'issuer', issuer: issuers[0]!, ...provider }
  return {
    ...rest,
    ...toDpop(dpop),
    key,
    issuers,
    audiences,
    algorithms: algorithms ?? defaultAlgorithms(key),
  }
}

function defaultAlgorithms(key: KeySettings): readonly string[] {
  if (key.kind === 'secret') return ['HS256']
  return key.kind === 'pem' ? algorithmsOf(keyIn(key.file, createPublicKey)) : KEY_PAIR_ALGORITHMS
}

function checkShared(
  secret: string,
  algorithms: readonly string[] = ['HS256'],
  context: z.RefinementCtx,
): void {
  // A public key as the secret would let everybody sign tokens.
  if (holdsKey(secret))
    return fault(context, ['secret'], {
      message: 'a key must not be used as a shared secret',
      hint: 'write a public key to a file and set public_key = "PATH"',
    })
  if (!checkAlgorithms(algorithms, Object.keys(LEAST_BYTES), context)) return
  const longest = [...algorithms].sort((a, b) => LEAST_BYTES[b]! - LEAST_BYTES[a]!)[0]!
  checkSecret(secret, longest, context)
}

function checkPublic(
  file: string,
  algorithms: readonly string[] | undefined,
  context: z.RefinementCtx,
): void {
  const fitting = algorithmsOf(keyIn(file, createPublicKey))
  if (fitting.length === 0)
    wrong(
      context,
      'public_key',
      `the path of a PEM file with a public key or certificate: RSA of ${RSA_BITS} bits or more, P-256, P-384, P-521 or Ed25519`,
    )
  else checkAlgorithms(algorithms, fitting, context)
}

/** @returns whether all are possible */
function checkAlgorithms(
  algorithms: readonly string[] | undefined,
  possible: readonly string[],
  context: z.RefinementCtx,
): boolean {
  if (algorithms?.every((algorithm) => possible.includes(algorithm)) !== false) return true
  wrong(
    context,
    'algorithms',
    `a list of ${quoteAll(possible)}`,
    'the kind of the key decides which are possible',
  )
  return false
}
