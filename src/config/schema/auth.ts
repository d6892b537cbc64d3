import { z } from 'zod'
import type { AuthSettings, AuthType } from '../../core/settings.js'
import { together } from '../reading/fault.js'
import { jwt, jwtSettings } from './jwt.js'
import { filePath, text } from './kinds.js'
import { oauth2, oauth2Settings } from './oauth2.js'
import { checkPair, clientCertificate } from './tls.js'

const type = <T extends AuthType>(word: T, doc: string) => z.literal(word).describe(doc)
const password = z.string().meta({ writeOnly: true }).describe('The password.')
const token = text.meta({ writeOnly: true }).describe('The token.')

const TYPES = {
  none: z.strictObject({ type: type('none', 'No proof.') }),
  basic: z.strictObject({
    type: type('basic', 'A user name and a password.'),
    username: text.describe('The user name.'),
    password,
  }),
  bearer: z.strictObject({ type: type('bearer', 'A token.'), token }),
  password: z.strictObject({
    type: type('password', 'A password, with an account where the server has several.'),
    username: text.optional().describe('The account.'),
    password,
  }),
  mtls: z
    .strictObject({
      type: type('mtls', "The client certificate of the endpoint's `tls` block, or this one."),
      ...clientCertificate,
    })
    .superRefine(together(checkPair)),
  jwt,
  oauth2,
  token: z.strictObject({ type: type('token', 'A token of NATS.'), token }),
  nkey: z.strictObject({
    type: type('nkey', 'An nkey of NATS.'),
    seed: text.meta({ writeOnly: true }).describe('Its seed.'),
  }),
  creds: z.strictObject({
    type: type('creds', 'A file of credentials of NATS.'),
    file: filePath.describe('Its path.'),
  }),
} as const satisfies { readonly [T in AuthType]: z.ZodObject }

type AuthValues = z.output<(typeof TYPES)[AuthType]>
type AuthBlock = z.input<(typeof TYPES)[AuthType]>

/** The `auth` block of a protocol that takes these types (specification, "Authentication Methods"); every one has `none`. */
export function authOf(accepted: readonly AuthType[]) {
  const [first, ...others] = [...new Set<AuthType>(['none', ...accepted])].map((each) => TYPES[each])
  const block = z.discriminatedUnion('type', [first!, ...others]).transform(toAuth)
  return (block as z.ZodType<Auth, AuthBlock>)
    .prefault({ type: 'none' })
    .describe('How the integration proves who it is.')
}

/** What an `auth` block comes to: a client certificate in it belongs to the endpoint. */
export interface Auth {
  readonly auth: AuthSettings
  readonly client?: { readonly clientCert: string; readonly clientKey: string }
}

function toAuth(values: AuthValues): Auth {
  if (values.type === 'jwt') return { auth: jwtSettings(values as z.output<typeof jwt>) }
  if (values.type === 'oauth2') return { auth: oauth2Settings(values as z.output<typeof oauth2>) }
  if (values.type !== 'mtls') return { auth: values as AuthSettings }
  const { client_cert: clientCert, client_key: clientKey } = values
  const client = clientCert !== undefined && clientKey !== undefined && { clientCert, clientKey }
  return { auth: { type: 'mtls' }, ...(client && { client }) }
}
