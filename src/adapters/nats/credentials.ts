import { readFile } from 'node:fs/promises'
import type { AdapterContext } from '../../core/adapter.js'
import { AuthError } from '../../core/errors.js'
import type { AuthSettings } from '../../core/settings.js'
import { type TokenSource, tokenSource } from '../token-source.js'
import type { Proof } from './client/connection.js'
import type { Credentials } from './client/dialer.js'

/** Kinds of auth whose tokens we make or obtain. */
const RENEWABLE: ReadonlySet<string> = new Set(['jwt', 'oauth2'])

/** The credentials of an integration. `close` ends the renewal of tokens. */
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
 * Makes the proof for one connection. Files are read each time, so that replaced ones are taken up.
 * @param tokens where `auth` is of a type with tokens that are made or expire: they are what the server is shown
 * @param nonce what the server wants to have signed, if anything
 * @throws AuthError; its text and its cause hold no secret
 */
async function proofOf(
  auth: AuthSettings,
  tokens: TokenSource | undefined,
  nonce: string | undefined,
  signal: AbortSignal,
): Promise<Proof> {
  if (tokens !== undefined) return { auth_token: await tokens.token(signal) }
  switch (auth.type) {
    // The certificate of the TLS connection is the proof.
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
      throw new AuthError(`auth of type ${auth.type} is not known to NATS`)
  }
}

type Signer = typeof import('@nats-io/nats-core')

/** Only those who need a signature load what makes it. */
async function signed(
  what: string,
  nonce: string | undefined,
  sign: (signer: Signer, challenge: string) => Promise<unknown>,
): Promise<Proof> {
  if (nonce === undefined) throw new AuthError('the server asks for no signature: it has no users with keys')
  const signer = await import('@nats-io/nats-core')
  try {
    return (await sign(signer, nonce)) as Proof
  } catch {
    // The cause might quote the key.
    throw new AuthError(`${what} cannot be used: it holds no valid key`)
  }
}

async function readCredentials(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new AuthError(`the credentials file ${file} cannot be read: ${code}`, { cause })
  }
}
