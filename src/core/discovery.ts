import type { TlsSettings } from './settings/tls.js'

/** How one of several addresses is chosen: each in turn, or the address with the fewest requests in flight. */
export type Balance = 'round_robin' | 'least_pending'

export const BALANCES = ['round_robin', 'least_pending'] as const satisfies readonly Balance[]

/** Where addresses come from. */
export type DiscoverySource =
  /** The addresses of the endpoint itself. */
  | { readonly type: 'static' }
  /** The A and AAAA records of a name, from these DNS servers or else from the system's resolver. */
  | { readonly type: 'dns'; readonly name: string; readonly servers: readonly string[] }
  /** The SRV records of a name (RFC 2782), which have ports, priorities and weights. */
  | { readonly type: 'dns-srv'; readonly name: string; readonly servers: readonly string[] }
  /** The addresses that servers announce in Redis. */
  | { readonly type: 'redis'; readonly registry: RedisRegistry }

/** A sorted set in Redis in which servers announce their addresses. */
export interface RedisRegistry {
  /** The host of the Redis. */
  readonly host: string
  /** Its port. */
  readonly port: number
  /** The key of the sorted set. */
  readonly key: string
  /** Connects by TLS. */
  readonly tls?: TlsSettings
  /** The account; absent for the default one. */
  readonly username?: string
  /** Its password. */
  readonly password?: string
}

/** How a server announces its address. */
export interface AnnounceSettings {
  /** Where it announces itself. */
  readonly registry: RedisRegistry
  /** How long an announcement is valid unless it is repeated. */
  readonly ttlMs: number
  /** The host name to announce; default: the address it listens on. */
  readonly host?: string
}

/** How an integration finds the addresses of its service. */
export interface DiscoverySettings {
  /** Where addresses come from. */
  readonly source: DiscoverySource
  /** How often the addresses are looked up. */
  readonly intervalMs: number
  /** How long an unreachable address is skipped. */
  readonly ejectMs: number
  /** How one of several addresses is chosen. */
  readonly balance: Balance
  /** The URL scheme of discovered addresses, such as `wss`; without it they are `host:port`. */
  readonly scheme?: string
}

/** A discovered address. */
export interface FoundAddress {
  readonly address: string
  /** An address of a higher number is used only if none of a lower number can be reached. */
  readonly priority: number
  /** Its share of the requests among addresses of the same priority; above 0. */
  readonly weight: number
}
