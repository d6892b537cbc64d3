import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import { AuthError } from '../../core/errors/connection.js'
import { type TokenSource, tokenSource } from '../token-source.js'
import type { Credentials } from './client/connect.js'
import type { MqttConfig } from './manifest.js'

/**
 * Provides the credentials of CONNECT: a user name and a password, or a token as the password, which is what brokers
 * with token authentication expect.
 */
export class Login {
  readonly #context: AdapterContext
  readonly #tokens: TokenSource | undefined
  readonly #tokenName: Pick<Credentials, 'username'>

  constructor(context: AdapterContext, { token_username }: Pick<MqttConfig, 'token_username'>) {
    this.#context = context
    this.#tokens = tokenSource(context)
    this.#tokenName = token_username === undefined ? {} : { username: token_username }
  }

  /** @returns undefined if CONNECT needs no credentials. @throws AuthError, ConnectionError, the reason of `signal` */
  async credentials(signal: AbortSignal): Promise<Credentials | undefined> {
    const { auth, name } = this.#context.settings
    switch (auth.type) {
      case 'none':
      case 'mtls':
        return undefined
      case 'basic':
        return { username: auth.username, password: auth.password }
      case 'password':
        return { ...(auth.username !== undefined && { username: auth.username }), password: auth.password }
      case 'bearer':
      case 'jwt':
        return { ...this.#tokenName, password: await this.#tokens!.token(signal) }
      default:
        throw new AuthError(`MQTT does not support auth type ${JSON.stringify(auth.type)}`, {
          integration: name,
        })
    }
  }

  /** Reports that the broker refused the credentials. The next attempt uses a new token if there is one. */
  refused({ password }: Credentials): void {
    this.#tokens?.rejected(password)
  }

  close(): void {
    this.#tokens?.close()
  }
}
