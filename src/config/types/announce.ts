// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'
import type { TlsBlock } from './tls.js'

/** The `announce` block: Announces the address of the server, so that a `discovery` finds it. */
export interface AnnounceBlock {
  /** Announces the server in a Redis. */
  readonly type: 'redis'
  /**
   * Host of the Redis in which servers announce themselves, with an optional port. Example:
   * `"redis.internal:6379"`.
   */
  readonly address: string
  /** Key of the sorted set with the addresses of the service. */
  readonly key: string
  /** Account name. Requires `password`. */
  readonly username?: string | undefined
  /**
   * Password of the Redis.
   * Secret: appears in no message.
   */
  readonly password?: string | undefined
  /** Secures the connection with TLS. Changed files apply to the next connection. */
  readonly tls?: boolean | TlsBlock | undefined
  /**
   * How long an announcement is valid. The server renews it earlier.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly ttl?: Duration | undefined
  /** Host name for clients. Default: the address that the server listens on. Example: `"api-1.internal"`. */
  readonly host?: string | undefined
}
