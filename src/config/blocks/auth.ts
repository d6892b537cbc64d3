import type { AdapterManifest } from '../../core/manifest.js'
import type { AuthSettings, AuthType, Endpoint } from '../../core/settings.js'
import { anyText, oneOf, text } from '../kinds.js'
import type { AuthBlock, JwtBlock, MtlsBlock, OAuth2Block } from '../options.js'
import type { Section } from '../section.js'
import { readFilePath } from './file-path.js'
import { readJwt } from './jwt.js'
import { readOAuth2 } from './oauth2.js'
import { type ClientCertificate, readClientCertificate } from './tls.js'

/** What an `auth` block comes to. */
export interface Auth {
  readonly auth: AuthSettings
  /** A client certificate that is named in the block instead of the endpoint's `tls`. */
  readonly client?: ClientCertificate
}

interface Names {
  readonly type: unknown
  readonly username: unknown
  readonly password: unknown
  readonly token: unknown
  readonly seed: unknown
  readonly file: unknown
}

const NONE: Auth = { auth: { type: 'none' } }

/**
 * The `auth` block of an integration (specification, "Authentication Methods"). Its values appear in no message.
 * @param section undefined when there is none, which is type `none`
 */
export function readAuth(
  section: Section<AuthBlock> | undefined,
  manifest: Pick<AdapterManifest, 'type' | 'auth'>,
  endpoint: Endpoint,
): Auth {
  if (section === undefined) return NONE
  const names = section as unknown as Section<Names>
  const type = names.required('type', oneOf(accepted(manifest)))
  // What else there should be depends on the type, which is wrong.
  if (type === undefined) return NONE
  const auth =
    type === 'mtls'
      ? readMtls(section as unknown as Section<MtlsBlock>, endpoint)
      : { auth: readType(type, section) ?? NONE.auth }
  names.done()
  return auth
}

/** The types that the protocol takes; every protocol has `none`. */
function accepted(manifest: Pick<AdapterManifest, 'auth'>): readonly AuthType[] {
  return [...new Set<AuthType>(['none', ...manifest.auth])]
}

function readType(type: Exclude<AuthType, 'mtls'>, section: Section<AuthBlock>): AuthSettings | undefined {
  const names = section as unknown as Section<Names>
  const secret = (name: 'token' | 'seed') => names.required(name, text) ?? ''
  switch (type) {
    case 'none':
      return { type }
    case 'basic': {
      const username = names.required('username', text) ?? ''
      return { type, username, password: names.required('password', anyText) ?? '' }
    }
    case 'password': {
      const username = names.value('username', text)
      const password = names.required('password', anyText) ?? ''
      return { type, ...(username !== undefined && { username }), password }
    }
    case 'bearer':
    case 'token':
      return { type, token: secret('token') }
    case 'nkey':
      return { type, seed: secret('seed') }
    case 'creds':
      names.required('file', text)
      return { type, file: readFilePath(names, 'file') ?? '' }
    case 'jwt':
      return readJwt(section as unknown as Section<JwtBlock>)
    case 'oauth2':
      return readOAuth2(section as unknown as Section<OAuth2Block>)
  }
}

function readMtls(section: Section<MtlsBlock>, { tls }: Endpoint): Auth {
  const wanted = section.node('client_cert') ?? section.node('client_key')
  const client = readClientCertificate(section)
  if (wanted === undefined && tls?.clientCert === undefined)
    section.fault(section.span, {
      message: 'auth of type "mtls" needs a client certificate',
      hint: '"client_cert" and "client_key" here, or in the "tls" block of the endpoint',
    })
  if (wanted !== undefined && tls?.clientCert !== undefined)
    section.fault(wanted.nameSpan, {
      message: 'the "tls" block of the endpoint has a client certificate already',
      hint: 'name it in one place',
    })
  return { auth: { type: 'mtls' }, ...(client !== undefined && { client }) }
}

/** An endpoint that shows that certificate. */
export function withClient(endpoint: Endpoint, client: ClientCertificate): Endpoint {
  return { ...endpoint, tls: { verifyServer: true, ...endpoint.tls, ...client } }
}
