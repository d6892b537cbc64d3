import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import { AuthError } from '../../core/errors/connection.js'
import { readRegularFile } from '../../core/read-file.js'
import type { AuthSettings } from '../../core/settings/auth.js'
import { type TokenSource, tokenSource } from '../token-source.js'
import type { Proof } from './client/connection.js'
import type { Credentials } from './client/dialer.js'

/** Types of `auth` whose tokens are created or fetched by the gateway. */
const RENEWABLE: ReadonlySet<string> = new Set(['jwt', 'oauth2'])

/** Returns the credentials of an integration. `close` stops the renewal of tokens. */
export function credentialsOf(context: AdapterContext): Credentials & { close(): void } {
  const { auth } = context.settings
  const tokens = tokenSource(context)
  return {
    renewable: RENEWABLE.has(auth.type),
    prove: (nonce, signal) => proofOf(auth, tokens, nonce, signal),
    refused({ auth_token }) {
      if (auth_token !== undefined) tokens?.rejected(auth_token)
    },
    close: () => tokens?.close(),
  }
}

/**
 * Creates the proof of identity for one connection. Reads files each time, so that replaced files take effect.
 * @param tokens the source of tokens, for types of `auth` whose tokens are created or expire
 * @param nonce what the server wants signed, if anything
 * @throws AuthError; neither its message nor its cause contains a secret
 */
async function proofOf(
  auth: AuthSettings,
  tokens: TokenSource | undefined,
  nonce: string | undefined,
  signal: AbortSignal,
): Promise<Proof> {
  if (tokens !== undefined) return { auth_token: await tokens.token(signal) }
  switch (auth.type) {
    // The client certificate of the TLS connection is the proof.
    case 'none':
    case 'mtls':
      return {}
    case 'basic':
      return { user: auth.username, pass: auth.password }
    case 'password':
      return auth.username === undefined
        ? { auth_token: auth.password }
        : { user: auth.username, pass: auth.password }
    case 'token':
      return { auth_token: auth.token }
    case 'nkey':
      return signed('the seed of the nkey', nonce, async ({ nkeyAuthenticator }, challenge) =>
        nkeyAuthenticator(Buffer.from(auth.seed))(challenge),
      )
    case 'creds': {
      const creds = await readCredentials(auth.file)
      return signed(`the credentials file ${auth.file}`, nonce, async ({ credsAuthenticator }, challenge) =>
        credsAuthenticator(creds)(challenge),
      )
    }
    default:
      throw new AuthError(`NATS does not support auth type ${JSON.stringify(auth.type)}`)
  }
}

type Signer = typeof import('@nats-io/nats-core')

/** Loads the signing code on first use, because most integrations need no signature. */
async function signed(
  what: string,
  nonce: string | undefined,
  sign: (signer: Signer, challenge: string) => Promise<unknown>,
): Promise<Proof> {
  if (nonce === undefined)
    throw new AuthError('the server did not ask for a signature: it has no users with keys')
  const signer = await import('@nats-io/nats-core')
  try {
    return (await sign(signer, nonce)) as Proof
  } catch {
    // The cause might quote the key.
    throw new AuthError(`${what} does not contain a valid key`)
  }
}

async function readCredentials(file: string): Promise<Buffer> {
  try {
    return await readRegularFile(file)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new AuthError(`cannot read the credentials file ${file}: ${code}`, { cause })
  }
}
