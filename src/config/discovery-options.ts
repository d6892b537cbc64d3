import type { Balance } from '../core/discovery.js'
import type { Duration } from '../core/duration.js'
import type { TlsBlock } from './tls-options.js'

export interface DiscoveryBlock {
  /** The addresses of the endpoint; the hosts of a name; the SRV records of one. */
  readonly type: 'static' | 'dns' | 'dns-srv' | 'redis'
  /** What DNS is asked for. */
  readonly name?: string
  /** DNS servers, each maybe with a port; those of the system when absent. */
  readonly servers?: readonly string[]
  /** Of type `redis`: where servers announce themselves. */
  readonly address?: string
  readonly key?: string
  readonly username?: string
  readonly password?: string
  /** Connects to the Redis by TLS. */
  readonly tls?: boolean | TlsBlock
  /** How often it looks again. Default 30 s. */
  readonly interval?: Duration
  /** For how long an address that could not be reached is left out. Default 10 s. */
  readonly eject?: Duration
  /** How one of several addresses is chosen. Default `round_robin`. */
  readonly balance?: Balance
  /** What found addresses begin with, as `wss`. */
  readonly scheme?: string
}

export interface AnnounceBlock {
  readonly type: 'redis'
  /** A host, maybe with a port. */
  readonly address: string
  /** Of the sorted set that holds the addresses of the service. */
  readonly key: string
  readonly username?: string
  readonly password?: string
  /** Connects to the Redis by TLS. */
  readonly tls?: boolean | TlsBlock
  /** For how long it is believed without being said again. Default 30 s. */
  readonly ttl?: Duration
  /** The name of this host for others; what it listens on when absent. */
  readonly host?: string
}
