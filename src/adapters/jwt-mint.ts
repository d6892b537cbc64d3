import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { JWTPayload } from 'jose'
import { AuthError } from '../core/errors.js'
import type { JwtSettings } from '../core/settings.js'
import { codeOf } from './socket-failure.js'
import type { FreshToken, TokenContext, TokenMaker } from './token.js'

/** Signs tokens (RFC 7519) with a secret or a private key. The file of a key is read for each: it may be replaced. */
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
    // Most integrations do without: loading it takes longer than the rest.
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
      throw this.#failure(`the key does not sign with ${algorithm}`)
    }
  }

  async #key(): Promise<KeyObject> {
    const { key } = this.#settings
    if (key.kind === 'secret') return createSecretKey(key.secret, 'utf8')
    let pem: Buffer
    try {
      pem = await readFile(key.file)
    } catch (cause) {
      throw this.#failure(`the private key file ${key.file} cannot be read: ${codeOf(cause)}`)
    }
    try {
      return createPrivateKey(pem)
    } catch {
      throw this.#failure(`the file ${key.file} holds no private key, or one with a passphrase`)
    }
  }

  #failure(reason: string): AuthError {
    return new AuthError(reason, { integration: this.#context.settings.name })
  }
}
