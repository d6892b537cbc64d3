import { z } from 'zod'
import type {
  AccessRule,
  CertificateRules,
  NamedCaller,
  SchemeSettings,
  StoredSecret,
} from '../../core/settings/authentication.js'
import { fault, ifAllValid } from '../reading/fault.js'
import { duration, oneOrMore, size, text } from './kinds.js'
import { accessRule, caCert, checkProviderUrl, ruleOf, toDpop, tokenRules } from './server-access.js'
import { jwtVerification, serverJwt } from './server-jwt.js'
import { toSettings } from './settings.js'

const grants = {
  scopes: z.array(text).default([]).describe('Scopes of the caller.'),
  roles: z.array(text).default([]).describe('Roles of the caller.'),
}
const sha256 = z
  .string()
  .regex(/^[\da-f]{64}$/i, { error: 'expected the SHA-256 in 64 hexadecimal digits' })
  .meta({ writeOnly: true })

const none = z.strictObject({ type: z.literal('none').describe('Callers are not authenticated.') })

const bearer = z.strictObject({
  type: z.literal('bearer').describe('Fixed tokens, compared in constant time.'),
  tokens: z
    .array(
      z
        .strictObject({
          subject: text.describe('Who has the token.'),
          token: text.meta({ writeOnly: true }).optional().describe('The token, at least 16 characters.'),
          token_sha256: sha256
            .optional()
            .describe('The SHA-256 of the token in place of it, in hexadecimal digits.'),
          ...grants,
        })
        .superRefine(ifAllValid((values, context) => checkSecretOf('token', values, context, 16))),
    )
    .min(1)
    .describe('The tokens, each with its subject. Example: `[{ subject = "ci", token_sha256 = "…" }]`.'),
  max_token: size(64).prefault('8KB').describe('Maximum length of a token. A longer one is refused unread.'),
  ...accessRule,
})

const basic = z.strictObject({
  type: z.literal('basic').describe('User names and passwords, compared in constant time.'),
  users: z
    .array(
      z
        .strictObject({
          username: text
            .refine((name) => !name.includes(':'), { error: 'expected a name without a colon' })
            .describe('User name.'),
          password: text.meta({ writeOnly: true }).optional().describe('Password.'),
          password_sha256: sha256
            .optional()
            .describe('The SHA-256 of the password in place of it, for passwords that cannot be guessed.'),
          ...grants,
        })
        .superRefine(ifAllValid((values, context) => checkSecretOf('password', values, context, 1))),
    )
    .min(1)
    .describe('The users. Example: `[{ username = "ci", password_sha256 = "…" }]`.'),
  ...accessRule,
})

const mtls = z.strictObject({
  type: z.literal('mtls').describe('Certificates of callers, signed by `listen.client_ca`.'),
  rules: z
    .array(
      z.strictObject({
        common_name: text
          .optional()
          .describe('Common name of the certificate; `*` matches any characters but dots and slashes.'),
        alternative_name: text
          .optional()
          .describe('An alternative name of it. Example: `"DNS:*.internal"` or `"URI:spiffe://acme/*"`.'),
        ...grants,
      }),
    )
    .default([])
    .describe(
      'Which certificates are accepted; the first rule that fits decides. Default: all of the authority.',
    ),
  ...accessRule,
})

const oauth2 = z.strictObject({
  type: z.literal('oauth2').describe('Tokens that the authorization server is asked about (RFC 7662).'),
  introspection_url: text.describe('URL of the introspection endpoint, with https.'),
  client_id: text.describe('Id of the server at the authorization server.'),
  client_secret: z.string().meta({ writeOnly: true }).describe('Secret of the server.'),
  client_auth: z
    .enum(['basic', 'post'])
    .default('basic')
    .describe('How to send the client secret: `basic` in the `Authorization` header, `post` in the body.'),
  audience: oneOrMore(text).optional().describe('Audience that tokens must be for; of several, one of them.'),
  cache_for: duration(0)
    .prefault('30s')
    .describe('How long an answer is remembered: a revoked token is accepted that long.'),
  timeout: duration().prefault('5s').describe('Time limit of one question.'),
  ca_cert: caCert,
  ...tokenRules,
  ...accessRule,
})

const checkedOauth2 = oauth2.superRefine(
  ifAllValid(({ introspection_url }, context) =>
    checkProviderUrl(context, 'introspection_url', introspection_url),
  ),
)

/** What a server needs from its `auth` block. */
export interface ServerAuth {
  readonly scheme: SchemeSettings
  readonly rule: AccessRule
}

const OPEN: AccessRule = { auth: 'none', scopes: [], roles: [] }

/** Schema of the `auth` block of a server. */
export const serverAuth = z
  .discriminatedUnion('type', [none, serverJwt, bearer, basic, mtls, checkedOauth2])
  .transform((values): ServerAuth => {
    if (values.type === 'none') return { scheme: { type: 'none' }, rule: OPEN }
    return { scheme: schemeOf(values), rule: ruleOf({ ...values, auth: values.default }, OPEN) }
  })
  .describe('How callers authenticate themselves. Without this block everybody may call everything.')

type Values = Exclude<
  | z.output<typeof serverJwt>
  | z.output<typeof bearer>
  | z.output<typeof basic>
  | z.output<typeof mtls>
  | z.output<typeof oauth2>,
  never
>

function schemeOf(values: Values): SchemeSettings {
  switch (values.type) {
    case 'jwt':
      return jwtVerification(values)
    case 'bearer':
      return {
        type: 'bearer',
        maxToken: values.max_token,
        tokens: values.tokens.map(({ subject, token, token_sha256, ...granted }) =>
          namedCaller(subject, token, token_sha256, granted),
        ),
      }
    case 'basic':
      return {
        type: 'basic',
        users: values.users.map(({ username, password, password_sha256, ...granted }) =>
          namedCaller(username, password, password_sha256, granted),
        ),
      }
    case 'mtls':
      return certificateRules(values)
    case 'oauth2': {
      const {
        audience: audiences = [],
        default: _,
        scope: __,
        roles: ___,
        dpop,
        ...rest
      } = toSettings(oauth2, values)
      return { ...rest, ...toDpop(dpop), audiences }
    }
  }
}

function certificateRules({ rules }: z.output<typeof mtls>): CertificateRules {
  return {
    type: 'mtls',
    rules: rules.map(({ common_name: commonName, alternative_name: alternativeName, ...granted }) => ({
      ...(commonName !== undefined && { commonName }),
      ...(alternativeName !== undefined && { alternativeName }),
      ...granted,
    })),
  }
}

function namedCaller(
  subject: string,
  text: string | undefined,
  digest: string | undefined,
  granted: Pick<NamedCaller, 'scopes' | 'roles'>,
): NamedCaller {
  const secret: StoredSecret =
    text === undefined ? { kind: 'sha256', digest: digest! } : { kind: 'text', text }
  return { subject, secret, ...granted }
}

/** Reports an entry that does not have exactly one of a secret and its hash, or has one that can be guessed. */
function checkSecretOf<Name extends 'token' | 'password'>(
  name: Name,
  values: { readonly [N in Name | `${Name}_sha256`]?: string | undefined },
  context: z.RefinementCtx,
  least: number,
): void {
  const hashed = `${name}_sha256` as const
  const given = values[name]
  if ((given === undefined) === (values[hashed] === undefined))
    fault(context, [], { message: `expected one of "${name}" and "${hashed}"` })
  else if (given !== undefined && given.length < least)
    fault(context, [name], {
      message: `the ${name} is too short`,
      expected: `at least ${least} characters`,
      hint: 'generate one with "openssl rand -base64 33"',
    })
}
