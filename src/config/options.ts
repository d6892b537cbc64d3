import type { Duration } from '../core/duration.js'
import type { ErrorClass } from '../core/errors.js'
import type { Overflow } from '../core/overflow.js'
import type { Fault } from '../core/settings.js'
import type { AnnounceBlock, DiscoveryBlock } from './discovery-options.js'
import type { TlsBlock } from './tls-options.js'

export type { TlsBlock }

/** Bytes, or text such as `"64KB"`. */
export type Size = number | string

export interface EndpointBlock {
  /** A host or URL; several are tried in turn. May be left out where a `discovery` finds it. */
  readonly address?: string | readonly string[]
  readonly port?: number
  readonly path?: string
  readonly tls?: boolean | TlsBlock
}

export type AuthBlock =
  | { readonly type: 'none' }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }
  | { readonly type: 'password'; readonly username?: string; readonly password: string }
  | MtlsBlock
  | JwtBlock
  | OAuth2Block
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'nkey'; readonly seed: string }
  /** The path of a credentials file of NATS. */
  | { readonly type: 'creds'; readonly file: string }

/** The client certificate is the proof: that of the endpoint's `tls` block, or this one. */
export interface MtlsBlock {
  readonly type: 'mtls'
  readonly client_cert?: string
  readonly client_key?: string
}

/** A token that the gateway mints; `secret` or `private_key`. */
export interface JwtBlock {
  readonly type: 'jwt'
  /** At least as many bytes as the hash of the algorithm has: 32 for HS256. */
  readonly secret?: string
  /** The path of a PEM file without a passphrase. */
  readonly private_key?: string
  /** HS256 for a secret; what fits the key for a private key. */
  readonly algorithm?: string
  readonly issuer?: string
  readonly subject?: string
  readonly audience?: string
  readonly key_id?: string
  /** Default 5 minutes. */
  readonly expires_in?: Duration
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A token by the client credentials grant. */
export interface OAuth2Block {
  readonly type: 'oauth2'
  readonly token_url: string
  readonly client_id: string
  readonly client_secret: string
  readonly scopes?: string | readonly string[]
  readonly audience?: string
  /** How the client proves itself to the token endpoint. Default `basic`. */
  readonly client_auth?: 'basic' | 'post'
  /** Whether `token_url` may be plain HTTP beyond this machine. Default false. */
  readonly allow_http?: boolean
}

export interface RetryBlock {
  /** Attempts in all, the first included. Default 3. */
  readonly max_attempts?: number
  readonly backoff?: 'constant' | 'linear' | 'exponential'
  readonly initial?: Duration
  readonly increment?: Duration
  readonly max?: Duration
  readonly factor?: number
  /** 0 to 1: the share of each delay that is random. */
  readonly jitter?: number
  /** What is retried; whatever calls itself retryable when absent. */
  readonly retryable_errors?: readonly ErrorClass[]
  /** What all retries together may be; `false` for any number. */
  readonly budget?: boolean | RetryBudgetBlock
}

export interface RetryBudgetBlock {
  /** Retries for each request, on average. Default 0.2. */
  readonly share?: number
  /** So many in any case. Default 10. */
  readonly min_per_second?: number
}

export interface RateLimitBlock {
  readonly requests: number
  /** Default one second. */
  readonly per?: Duration
  /** How many at once, after a pause; as many as `requests` by default. */
  readonly burst?: number
  /** What goes beyond: waits for its turn within its deadline (default), or fails at once. */
  readonly excess?: 'wait' | 'fail'
}

export interface BulkheadBlock {
  readonly concurrent: number
  /** How many more may wait. Default 100. */
  readonly queue?: number
}

export interface CircuitBreakerBlock {
  readonly failure_threshold?: number
  readonly success_threshold?: number
  readonly timeout?: Duration
}

export interface HealthCheckBlock {
  /** Default true. */
  readonly enabled?: boolean
  readonly interval?: Duration
  readonly timeout?: Duration
  readonly method?: string
}

export interface ReconnectBlock {
  readonly enabled?: boolean
  /** -1: for ever. */
  readonly max_attempts?: number
  readonly delay?: Duration
  readonly max_delay?: Duration
  readonly offline?: 'wait' | 'fail'
}

export interface MailboxBlock {
  readonly messages?: number
  readonly bytes?: Size
  readonly overflow?: Overflow
}

export interface LimitsBlock {
  readonly memory?: Size
  readonly frame?: Size
}

export interface SupervisionBlock {
  readonly restart?: 'permanent' | 'transient' | 'temporary'
  readonly max_restarts?: number
  readonly within?: Duration
  /** The first delay between restarts; it doubles from there, up to a hundred times as long. */
  readonly backoff?: Duration
  /** Where the doubling ends. */
  readonly max_backoff?: Duration
  readonly heartbeat?: Duration
  readonly shutdown?: Duration
  /** The name of a `supervisor`. */
  readonly group?: string
  readonly poison_threshold?: number
  readonly warm_spares?: number
}

export interface ChaosBlock {
  readonly fault: Fault
  readonly every: Duration
}

export interface ProtobufBlock {
  /** Paths of .proto files, relative to the file that names them. */
  readonly proto?: string | readonly string[]
  /** Folders in which their imports are looked for. */
  readonly include?: string | readonly string[]
  /** In place of `proto`: a file that `protoc --include_imports --descriptor_set_out` or `buf build` wrote. */
  readonly descriptor_set?: string
  /** The full name of the message that a payload is; `format: "protobuf:pkg.Other"` of a request names another. */
  readonly message: string
}

export interface IntegrationBlock {
  /** The protocol, as `mqtt`; a module with an adapter of your own, as `./acme.js`; or the name of such a package. */
  readonly type: string
  readonly endpoint?: EndpointBlock
  readonly discovery?: DiscoveryBlock
  /** What the protocol itself is told. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly auth?: AuthBlock
  readonly retry?: RetryBlock
  readonly circuit_breaker?: CircuitBreakerBlock
  readonly health_check?: HealthCheckBlock
  readonly reconnect?: ReconnectBlock
  readonly rate_limit?: RateLimitBlock
  readonly bulkhead?: BulkheadBlock
  /** For one attempt of one operation. */
  readonly timeout?: Duration
  readonly mailbox?: MailboxBlock
  readonly limits?: LimitsBlock
  readonly supervision?: SupervisionBlock
  /** The wire format: `json`, `msgpack`, `binary` or `protobuf`, as far as the protocol has it. */
  readonly format?: string
  /** The messages that payloads are in the format `protobuf`. */
  readonly protobuf?: ProtobufBlock
  readonly chaos?: ChaosBlock
}

export interface SupervisorBlock {
  readonly strategy?: 'one_for_one' | 'one_for_all' | 'rest_for_one'
  readonly max_restarts?: number
  readonly within?: Duration
}

export interface BrokerBlock {
  /** `memory` or `mqtt`. */
  readonly type: string
  /** Where an MQTT broker listens. */
  readonly listen?: Readonly<Record<string, unknown>>
  readonly limits?: Pick<LimitsBlock, 'memory'>
  readonly supervision?: SupervisionBlock
}

export interface ListenTlsBlock {
  /** Paths of files, relative to the file that names them. */
  readonly cert: string
  readonly key: string
  /** Callers have to show a certificate of this authority. */
  readonly client_ca?: string
  readonly min_version?: '1.2' | '1.3'
}

export interface ListenBlock extends Partial<ListenTlsBlock> {
  /** Default `127.0.0.1`: reached from this machine alone. */
  readonly address?: string
  /** 0: any that is free; the event `connection:changed` and the status say which. */
  readonly port: number
  readonly path?: string
  /** `true` with `cert` and `key` beside it, or a block that holds them. */
  readonly tls?: boolean | ListenTlsBlock
}

export interface ServerBlock {
  /** The protocol: `json-rpc`. */
  readonly type: string
  readonly listen: ListenBlock
  readonly announce?: AnnounceBlock
  /** What the protocol itself is told. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Of one attempt to listen. */
  readonly timeout?: Duration
  readonly reconnect?: ReconnectBlock
  readonly mailbox?: MailboxBlock
  readonly limits?: LimitsBlock
  readonly supervision?: SupervisionBlock
  readonly format?: string
  readonly chaos?: ChaosBlock
}

export interface VariableBlock {
  readonly default?: unknown
  /** `string`, `number`, `bool`, `any`, `list(…)` or `map(…)`. */
  readonly type?: string
  readonly description?: string
  /** Whether its value is kept out of every message. */
  readonly sensitive?: boolean
}

type Named<T> = Readonly<Record<string, T>>

/**
 * A configuration as an object: the shape and the names of the HCL, blocks keyed by their label. Texts are
 * templates, as in a file: `${var.x}`, `${local.x}` and `${env.X}` are replaced, `$${` is a literal `${`.
 */
export interface ConfigObject {
  readonly variables?: Named<VariableBlock>
  readonly locals?: Named<unknown>
  readonly integrations?: Named<IntegrationBlock>
  readonly supervisors?: Named<SupervisorBlock>
  readonly brokers?: Named<BrokerBlock>
  readonly servers?: Named<ServerBlock>
}

/** The path of an HCL file or of a folder with `*.hcl` files, or an object. */
export type ConfigSource = string | ConfigObject
