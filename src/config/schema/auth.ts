import { z } from 'zod'
import { filePath } from '../../adapters/config-kinds.js'
import type { AuthSettings, AuthType } from '../../core/settings/auth.js'
import { ifAllValid } from '../reading/fault.js'
import { jwt, jwtSettings } from './jwt.js'
import { text } from './kinds.js'
import { oauth2, oauth2Settings } from './oauth2.js'
import { checkPair, clientCertificate } from './tls.js'

const type = <T extends AuthType>(word: T, doc: string) => z.literal(word).describe(doc)
const password = z.string().meta({ writeOnly: true }).describe('Password.')
const token = text.meta({ writeOnly: true }).describe('Token.')

const TYPES = {
  none: z.strictObject({ type: type('none', 'No credentials.') }),
  basic: z.strictObject({
    type: type('basic', 'User name and password.'),
    username: text.describe('User name.'),
    password,
  }),
  bearer: z.strictObject({ type: type('bearer', 'Fixed token.'), token }),
  password: z.strictObject({
    type: type('password', 'Password, with an account if the server has several.'),
    username: text.optional().describe('Account name.'),
    password,
  }),
  mtls: z
    .strictObject({
      type: type('mtls', "Client certificate, set here or in the endpoint's `tls` block."),
      ...clientCertificate,
    })
    .superRefine(ifAllValid(checkPair)),
  jwt,
  oauth2,
  token: z.strictObject({ type: type('token', 'NATS token.'), token }),
  nkey: z.strictObject({
    type: type('nkey', 'NATS nkey.'),
    seed: text.meta({ writeOnly: true }).describe('Seed of the nkey.'),
  }),
  creds: z.strictObject({
    type: type('creds', 'NATS credentials file.'),
    file: filePath.describe('Path of the credentials file.'),
  }),
} as const satisfies { readonly [T in AuthType]: z.ZodObject }

type AuthValues = z.output<(typeof TYPES)[AuthType]>
type AuthBlock = z.input<(typeof TYPES)[AuthType]>

/**
 * Builds the schema of the `auth` block for the types that a protocol accepts (specification, "Authentication
 * Methods"). `none` is always accepted.
 */
export function authOf(accepted: readonly AuthType[]) {
  const [first, ...others] = [...new Set<AuthType>(['none', ...accepted])].map((each) => TYPES[each])
  const block = z.discriminatedUnion('type', [first!, ...others]).transform(toAuth)
  return (block as z.ZodType<Auth, AuthBlock>)
    .prefault({ type: 'none' })
    .describe('How the integration authenticates itself.')
}

/** The settings from an `auth` block. A client certificate in it is moved to the endpoint. */
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
