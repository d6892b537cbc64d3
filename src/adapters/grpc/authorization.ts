import { Metadata } from '@grpc/grpc-js'
import type { Attempt } from '../../core/adapter/attempt.js'
import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import { AuthError } from '../../core/errors/connection.js'
import type { Headers } from '../../core/value.js'
import { basicCredentials } from '../basic-credentials.js'
import { SecretMask, secretsInHeaders, secretsOf } from '../secret-mask.js'
import { type TokenSource, tokenSource } from '../token-source.js'
import { addHeaders } from './metadata.js'

/** Builds the metadata of requests from the configuration, the caller's headers and the credentials. */
export class Authorization {
  readonly #context: AdapterContext
  readonly #configured: Headers
  readonly #tokens: TokenSource | undefined
  readonly #fixed: string | undefined
  /** Masks every credential that is sent. */
  readonly mask: SecretMask

  /** @throws AuthError if metadata cannot carry the credentials */
  constructor(context: AdapterContext, configured: Headers) {
    const { auth } = context.settings
    this.#context = context
    this.#configured = configured
    this.mask = new SecretMask([...secretsOf(auth), ...secretsInHeaders(configured)])
    this.#tokens = tokenSource(context)
    this.#fixed = auth.type === 'basic' ? basicCredentials(auth, context.settings.name) : undefined
  }

  /** Whether a request rejected as unauthenticated may be repeated with a new token. */
  get renews(): boolean {
    return this.#tokens !== undefined && this.#context.settings.auth.type !== 'bearer'
  }

  /**
   * Builds the metadata of one request.
   * @throws AuthError if no token is available; SerializeError for headers that cannot be sent
   */
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

  /** Discards the token in that metadata, because the server rejected it. The next request gets a new one. */
  rejected(metadata: Metadata): void {
    const [value] = metadata.get('authorization')
    if (typeof value === 'string') this.#tokens?.rejected(value.slice('Bearer '.length))
  }

  close(): void {
    this.#tokens?.close()
  }

  #set(metadata: Metadata, token: string): void {
    if (!/^[\x21-\x7e]+$/.test(token))
      throw new AuthError('the token must be non-empty printable ASCII without spaces', {
        integration: this.#context.settings.name,
      })
    this.mask.addToken(token)
    metadata.set('authorization', `Bearer ${token}`)
  }
}
