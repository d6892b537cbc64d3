import type { TlsSettings } from './tls-settings.js'

/** How one of several addresses is chosen: each in turn, or the one with the fewest requests under way. */
export type Balance = 'round_robin' | 'least_pending'

export const BALANCES = ['round_robin', 'least_pending'] as const satisfies readonly Balance[]

/** Where addresses come from. */
export type DiscoverySource =
  /** The endpoint's own. */
  | { readonly type: 'static' }
  /** The A and AAAA records of a name; asked of these DNS servers, or as the system does it. */
  | { readonly type: 'dns'; readonly name: string; readonly servers: readonly string[] }
  /** The SRV records of a name (RFC 2782), which have ports, priorities and weights. */
  | { readonly type: 'dns-srv'; readonly name: string; readonly servers: readonly string[] }
  /** What servers announce of themselves in a Redis. */
  | { readonly type: 'redis'; readonly registry: RedisRegistry }

/** A sorted set in a Redis, in which servers announce where they are. */
export interface RedisRegistry {
  readonly host: string
  readonly port: number
  readonly key: string
  /** Connects by TLS. */
  readonly tls?: TlsSettings
  readonly username?: string
  readonly password?: string
}

/** How a server announces where it listens. */
export interface AnnounceSettings {
  readonly registry: RedisRegistry
  /** For how long it is believed without being said again. */
  readonly ttlMs: number
  /** The name of this host for others; the address it listens on when absent. */
  readonly host?: string
}

/** How an integration finds the addresses of its service. */
export interface DiscoverySettings {
  readonly source: DiscoverySource
  /** How often it looks again. */
  readonly intervalMs: number
  /** For how long an address that could not be reached is left out. */
  readonly ejectMs: number
  readonly balance: Balance
  /** What addresses that are found begin with, as `wss`; a bare host and port without it. */
  readonly scheme?: string
}

/** An address that was found. */
export interface FoundAddress {
  readonly address: string
  /** Those of a higher number are for when none of a lower one can be reached. */
  readonly priority: number
  /** Its share among those of its priority; above 0. */
  readonly weight: number
}
