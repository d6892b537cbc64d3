// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'
import type { TlsBlock } from './tls.js'

/** A block `discovery` with the type `dns`: Looks up the A and AAAA records of a name. */
export interface DnsDiscoveryBlock {
  /** Looks up the A and AAAA records of a name. */
  readonly type: 'dns'
  /** Name to look up. Example: `"api.internal"`, or `"_mqtt._tcp.example.com"` for `dns-srv`. */
  readonly name: string
  /**
   * DNS servers, with an optional port each. For `dns-srv` they also resolve the targets. Default: those of
   * the system. Example: `["10.0.0.2", "127.0.0.1:5353"]`.
   */
  readonly servers?: readonly string[] | undefined
  /**
   * Interval between two lookups.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly interval?: Duration | undefined
  /**
   * How long an unreachable address is excluded.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10s"`
   */
  readonly eject?: Duration | undefined
  /**
   * How one of several addresses is chosen. `least_pending` is available for JSON-RPC over HTTP.
   * @defaultValue `"round_robin"`
   */
  readonly balance?: 'round_robin' | 'least_pending' | undefined
  /** URL scheme of discovered addresses. Example: `"wss"`. */
  readonly scheme?: string | undefined
}

/** A block `discovery` with the type `dns-srv`: Looks up the SRV records of a name. */
export interface DnsSrvDiscoveryBlock {
  /** Looks up the SRV records of a name. */
  readonly type: 'dns-srv'
  /** Name to look up. Example: `"api.internal"`, or `"_mqtt._tcp.example.com"` for `dns-srv`. */
  readonly name: string
  /**
   * DNS servers, with an optional port each. For `dns-srv` they also resolve the targets. Default: those of
   * the system. Example: `["10.0.0.2", "127.0.0.1:5353"]`.
   */
  readonly servers?: readonly string[] | undefined
  /**
   * Interval between two lookups.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly interval?: Duration | undefined
  /**
   * How long an unreachable address is excluded.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10s"`
   */
  readonly eject?: Duration | undefined
  /**
   * How one of several addresses is chosen. `least_pending` is available for JSON-RPC over HTTP.
   * @defaultValue `"round_robin"`
   */
  readonly balance?: 'round_robin' | 'least_pending' | undefined
  /** URL scheme of discovered addresses. Example: `"wss"`. */
  readonly scheme?: string | undefined
}

/** A block `discovery` with the type `redis`: Reads the addresses that servers `announce`. */
export interface RedisDiscoveryBlock {
  /** Reads the addresses that servers `announce`. */
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
   * Interval between two lookups.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly interval?: Duration | undefined
  /**
   * How long an unreachable address is excluded.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10s"`
   */
  readonly eject?: Duration | undefined
  /**
   * How one of several addresses is chosen. `least_pending` is available for JSON-RPC over HTTP.
   * @defaultValue `"round_robin"`
   */
  readonly balance?: 'round_robin' | 'least_pending' | undefined
  /** URL scheme of discovered addresses. Example: `"wss"`. */
  readonly scheme?: string | undefined
}

/** A block `discovery` with the type `static`: Uses the addresses of the endpoint. */
export interface StaticDiscoveryBlock {
  /** Uses the addresses of the endpoint. */
  readonly type: 'static'
  /**
   * Interval between two lookups.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly interval?: Duration | undefined
  /**
   * How long an unreachable address is excluded.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10s"`
   */
  readonly eject?: Duration | undefined
  /**
   * How one of several addresses is chosen. `least_pending` is available for JSON-RPC over HTTP.
   * @defaultValue `"round_robin"`
   */
  readonly balance?: 'round_robin' | 'least_pending' | undefined
  /** URL scheme of discovered addresses. Example: `"wss"`. */
  readonly scheme?: string | undefined
}
