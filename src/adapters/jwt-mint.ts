import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { AuthError } from '../core/errors/connection.js'
import { readRegularFile } from '../core/read-file.js'
import type { JwtSettings } from '../core/settings/auth.js'
import { codeOf } from './socket-failure.js'
import type { FreshToken, TokenContext, TokenMaker } from './token.js'

/**
 * Signs tokens (RFC 7519) with a secret or a private key. Reads the key file for each token, because it may be
 * replaced.
 */
export class JwtMint implements Pick<TokenMaker, 'make'> {
  readonly #settings: JwtSettings
  readonly #context: TokenContext

  constructor(settings: JwtSettings, context: TokenContext) {
    this.#settings = settings
    this.#context = context
  }

  async make(): Promise<FreshToken> {
    const { algorithm, issuer, subject, audience, keyId, expiresInMs, claims } = this.#settings
    const key = await this.#key()
    // Loaded on demand, because few integrations need it and loading it is slow.
    const { SignJWT } = await import('jose')
    const issuedAt = Math.floor(this.#context.clock.now() / 1_000)
    const payload: JWTPayload = {
      ...claims,
      ...(issuer !== undefined && { iss: issuer }),
      ...(subject !== undefined && { sub: subject }),
      ...(audience !== undefined && { aud: audience }),
      iat: issuedAt,
      exp: issuedAt + Math.floor(expiresInMs / 1_000),
      jti: this.#context.random.uuid(),
    }
    const header = { alg: algorithm, typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) }
    try {
      const token = await new SignJWT(payload).setProtectedHeader(header).sign(key)
      return { token, lifetimeMs: expiresInMs }
    } catch {
      throw this.#failure(`the key cannot sign with ${algorithm}`)
    }
  }

  async #key(): Promise<KeyObject> {
    const { key } = this.#settings
    if (key.kind === 'secret') return createSecretKey(key.secret, 'utf8')
    let pem: Buffer
    try {
      pem = await readRegularFile(key.file)
    } catch (cause) {
      throw this.#failure(`cannot read the private key file ${key.file}: ${codeOf(cause)}`)
    }
    try {
      return createPrivateKey(pem)
    } catch {
      throw this.#failure(`expected a private key without a passphrase in the file ${key.file}`)
    }
  }

  #failure(reason: string): AuthError {
    return new AuthError(reason, { integration: this.#context.settings.name })
  }
}
