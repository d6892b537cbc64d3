import { Buffer } from 'node:buffer'
import { Metadata } from '@grpc/grpc-js'
import type { AdapterContext, Attempt } from '../../core/adapter.js'
import { AuthError } from '../../core/errors.js'
import type { AuthSettings } from '../../core/settings.js'
import type { Headers } from '../../core/value.js'
import { SecretMask, secretsInHeaders, secretsOf } from '../secret-mask.js'
import { type TokenSource, tokenSource } from '../token-source.js'
import { addHeaders } from './metadata.js'

/** The metadata of requests: what is configured, what the caller gives, and who we are. */
export class Authorization {
  readonly #context: AdapterContext
  readonly #configured: Headers
  readonly #tokens: TokenSource | undefined
  readonly #fixed: string | undefined
  /** Knows every credential that is sent. */
  readonly mask: SecretMask

  /** @throws AuthError for credentials that metadata cannot carry */
  constructor(context: AdapterContext, configured: Headers) {
    this.#context = context
    this.#configured = configured
    this.mask = new SecretMask([...secretsOf(context.settings.auth), ...secretsInHeaders(configured)])
    this.#tokens = tokenSource(context)
    this.#fixed = basicOf(context.settings.auth, context.settings.name)
  }

  /** Whether a refused request may be repeated with another token. */
  get renews(): boolean {
    return this.#tokens !== undefined && this.#context.settings.auth.type !== 'bearer'
  }

  /** @throws AuthError when no token can be had, SerializeError for headers that cannot be sent */
  metadata(headers: Headers | undefined, operation: Pick<Attempt, 'signal'>): Metadata | Promise<Metadata> {
    const metadata = new Metadata()
    addHeaders(metadata, this.#configured)
    if (headers !== undefined) addHeaders(metadata, headers)
    if (this.#tokens === undefined) {
      if (this.#fixed !== undefined) metadata.set('authorization', this.#fixed)
      return metadata
    }
    return this.#tokens.token(operation.signal).then((token) => {
      this.#set(metadata, token)
      return metadata
    })
  }

  /** The server refused the token in that metadata: the next one will be new. */
  rejected(metadata: Metadata): void {
    const [value] = metadata.get('authorization')
    if (typeof value === 'string') this.#tokens?.rejected(value.slice('Bearer '.length))
  }

  close(): void {
    this.#tokens?.close()
  }

  #set(metadata: Metadata, token: string): void {
    if (!/^[\x21-\x7e]+$/.test(token))
      throw new AuthError('the token is empty or holds characters that metadata cannot carry', {
        integration: this.#context.settings.name,
      })
    this.mask.addToken(token)
    metadata.set('authorization', `Bearer ${token}`)
  }
}

function basicOf(auth: AuthSettings, integration: string): string | undefined {
  if (auth.type !== 'basic') return undefined
  // RFC 7617: the first colon ends the name.
  if (auth.username.includes(':'))
    throw new AuthError('a user name for basic authentication cannot hold a colon', { integration })
  return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
}
