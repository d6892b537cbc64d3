import type { AdapterContext } from '../../core/adapter.js'
import { AuthError } from '../../core/errors.js'
import { type TokenSource, tokenSource } from '../token-source.js'
import type { Credentials } from './client/connect.js'
import type { MqttConfig } from './manifest.js'

/**
 * What CONNECT proves who we are with: a name and a password, or a token in place of the password, which is what
 * brokers that take tokens expect.
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

  /** @returns undefined when there is nothing to say. @throws AuthError, ConnectionError, the signal's reason */
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
        throw new AuthError(`MQTT has no auth of type "${auth.type}"`, { integration: name })
    }
  }

  /** The broker did not take them: the next attempt has another token, where there is another. */
  refused({ password }: Credentials): void {
    this.#tokens?.rejected(password)
  }

  close(): void {
    this.#tokens?.close()
  }
}
