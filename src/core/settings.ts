import type { AnnounceSettings, DiscoverySettings } from './discovery.js'
import type { ErrorClass } from './errors.js'
import type { Capacity, Overflow } from './overflow.js'
import type { TlsSettings } from './tls-settings.js'
import type { Value } from './value.js'

export type { TlsSettings }

/** The addresses of a service, and how to reach them. */
export interface Endpoint {
  /** One or several; the adapter tries them in turn. */
  readonly addresses: readonly string[]
  /** The port of addresses that have none; the protocol's own when absent. */
  readonly port?: number
  /** The path, for protocols over HTTP. */
  readonly path?: string
  /** The TLS settings; absent without TLS. */
  readonly tls?: TlsSettings
}

/** How an integration authenticates. Secrets are plain text here: only the actor receives this record. */
export type AuthSettings =
  | { readonly type: 'none' }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }
  /** A password, with a user name if the server has several accounts. */
  | { readonly type: 'password'; readonly username?: string; readonly password: string }
  /** The client certificate of the `tls` block of the endpoint. */
  | { readonly type: 'mtls' }
  | JwtSettings
  | OAuth2Settings
  /** NATS: a token, the seed of an nkey, or a file of credentials. */
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'nkey'; readonly seed: string }
  | { readonly type: 'creds'; readonly file: string }

/** The `type` of an `auth` block. */
export type AuthType = AuthSettings['type']

export const AUTH_TYPES = [
  'none',
  'basic',
  'bearer',
  'password',
  'mtls',
  'jwt',
  'oauth2',
  'token',
  'nkey',
  'creds',
] as const satisfies readonly AuthType[]

/** A JWT that the gateway signs itself and renews before it expires. */
export interface JwtSettings {
  /** Discriminates the union `AuthSettings`. */
  readonly type: 'jwt'
  /** `secret` for HS algorithms, a PEM private key for all others. */
  readonly key:
    | { readonly kind: 'secret'; readonly secret: string }
    | { readonly kind: 'pem'; readonly file: string }
  /** As RFC 7518 and RFC 8037 name it: `HS256`, `RS256`, `EdDSA`. */
  readonly algorithm: string
  /** The claim `iss`. */
  readonly issuer?: string
  /** The claim `sub`. */
  readonly subject?: string
  /** The claim `aud`. */
  readonly audience?: string
  /** The header `kid`. */
  readonly keyId?: string
  /** Milliseconds that a token is valid. */
  readonly expiresInMs: number
  /** Further claims. */
  readonly claims: { readonly [name: string]: Value }
}

/** An access token from the client credentials grant (RFC 6749, section 4.4). */
export interface OAuth2Settings {
  /** Discriminates the union `AuthSettings`. */
  readonly type: 'oauth2'
  /** The URL of the token endpoint. */
  readonly tokenUrl: string
  /** The id of the client. */
  readonly clientId: string
  /** Its secret. */
  readonly clientSecret: string
  /** The scopes to request; empty for the default of the server. */
  readonly scopes: readonly string[]
  /** The audience of the token. */
  readonly audience?: string
  /** How the client authenticates to the token endpoint (RFC 6749, section 2.3.1). */
  readonly clientAuth: 'basic' | 'post'
  /** Whether `tokenUrl` may be plain HTTP to another machine. */
  readonly allowHttp?: boolean
}

/** Where a server listens; only for the actor of a `server` block. */
export interface ListenSettings {
  /** A host name or IP address. */
  readonly address: string
  /** 0 for any free port. */
  readonly port: number
  /** The path, for protocols over HTTP. */
  readonly path?: string
  /** The TLS settings; absent without TLS. */
  readonly tls?: ListenTlsSettings
}

/** The files of a listener, read by the actor. */
export interface ListenTlsSettings {
  /** The path of the certificate that callers see. */
  readonly cert: string
  /** The path of its key. */
  readonly key: string
  /** The authority that must have issued the certificate of each caller. */
  readonly clientCa?: string
  /** The minimum version of TLS. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** How delays grow from one attempt to the next. */
export type Backoff =
  | { readonly kind: 'constant'; readonly initialMs: number }
  | {
      readonly kind: 'linear'
      readonly initialMs: number
      readonly incrementMs: number
      readonly maxMs: number
    }
  | {
      readonly kind: 'exponential'
      readonly initialMs: number
      readonly factor: number
      readonly maxMs: number
    }

/** How failed operations are retried. */
export interface RetrySettings {
  /** Attempts in all, the first included; 1 disables retries. */
  readonly maxAttempts: number
  /** The delays between attempts. */
  readonly backoff: Backoff
  /** 0 to 1: the share of each delay that is random. */
  readonly jitter: number
  /** The classes of errors to retry. If empty, `retryable` of the error decides. */
  readonly retryableErrors: readonly ErrorClass[]
  /** Limits all retries of the integration together. Unlimited if absent. */
  readonly budget?: RetryBudgetSettings
}

/** How many retries all operations of an integration may make together. */
export interface RetryBudgetSettings {
  /** Average number of retries for each request. */
  readonly share: number
  /** Retries per second that are always allowed. */
  readonly minPerSecond: number
}

/** Limits how many requests may be made in a period. */
export interface RateLimitSettings {
  /** How many requests in each period. */
  readonly requests: number
  /** The period, in milliseconds. */
  readonly perMs: number
  /** How many requests may be made at once after a pause. */
  readonly burst: number
  /** What a request beyond the limit does: wait for its turn within its deadline, or fail at once. */
  readonly excess: 'wait' | 'fail'
}

/** Limits how many requests may be in flight. */
export interface BulkheadSettings {
  /** The maximum number of requests in flight. */
  readonly concurrent: number
  /** The maximum number of further requests that wait for a slot. */
  readonly queue: number
}

/** When the circuit breaker opens and closes. */
export interface BreakerSettings {
  /** Failures in a row that open the breaker. */
  readonly failureThreshold: number
  /** Successful probes in a row that close it again. */
  readonly successThreshold: number
  /** Milliseconds that it stays open before it lets a probe through. */
  readonly timeoutMs: number
}

/** How the connection is probed. */
export interface HealthCheckSettings {
  /** Whether to probe it regularly. */
  readonly enabled: boolean
  /** Milliseconds between two checks. */
  readonly intervalMs: number
  /** Milliseconds that an answer may take. */
  readonly timeoutMs: number
  /** The method to call; for RPC protocols only. */
  readonly method?: string
}

/** How a lost connection is restored. */
export interface ReconnectSettings {
  /** Whether to restore it. */
  readonly enabled: boolean
  /** -1 for no limit. */
  readonly maxAttempts: number
  /** The first delay, in milliseconds; it doubles from there. */
  readonly delayMs: number
  /** The longest delay, in milliseconds. */
  readonly maxDelayMs: number
  /** What an operation does while the connection is down: wait within its time-out, or fail at once. */
  readonly offline: 'wait' | 'fail'
}

/** The bounds of the mailbox between the host thread and the actor. */
export interface MailboxSettings extends Capacity {
  /** What happens to a message when the buffer is full. */
  readonly overflow: Overflow
}

/** What an actor may take. */
export interface LimitSettings {
  /** Bytes of heap and array buffers at which the supervisor replaces the actor. */
  readonly memory: number
  /** Bytes of one frame, message or batch; checked before it is parsed. */
  readonly frame: number
}

/** A fault that an actor causes itself on purpose, to test supervision. */
export type Fault =
  | 'throw'
  | 'reject'
  | 'exit'
  | 'leak-objects'
  | 'leak-map'
  | 'leak-buffers'
  | 'spin'
  | 'block'

export const FAULTS = [
  'throw',
  'reject',
  'exit',
  'leak-objects',
  'leak-map',
  'leak-buffers',
  'spin',
  'block',
] as const

/** The schema of payloads in the wire format `protobuf`. */
export interface ProtobufSettings {
  /** Paths of .proto files; empty if there is a descriptor set. */
  readonly proto: readonly string[]
  /** Folders to search for their imports. */
  readonly include: readonly string[]
  /** Path of a file with a serialised FileDescriptorSet. */
  readonly descriptorSet?: string
  /** The full name of the payload's message, unless a request names another. */
  readonly message: string
  /** A serialised FileDescriptorSet, which the host makes from the files before the actor starts. */
  readonly schema?: Uint8Array
}

/** The settings of an actor. Plain data, because they cross to the actor's thread. */
export interface IntegrationSettings {
  /** The label of its block. */
  readonly name: string
  /** The protocol. */
  readonly type: string
  /** Where the service is; without addresses where they are discovered, or not needed. */
  readonly endpoint: Endpoint
  /** How addresses are discovered. If absent, those of the endpoint are used. */
  readonly discovery?: DiscoverySettings
  /** Where a server listens; absent for an integration. */
  readonly listen?: ListenSettings
  /** Where a `server` block announces its address. */
  readonly announce?: AnnounceSettings
  /** The `config` block, checked and completed with defaults by the schema of the adapter's manifest. */
  readonly config: { readonly [key: string]: Value }
  /** How it authenticates itself. */
  readonly auth: AuthSettings
  /** Name of the wire format. */
  readonly format: string
  /** Name of the wire format of payloads between host, actor and adapter, if only the adapter can read `format`. */
  readonly payloadFormat?: string
  /** The messages of the format `protobuf`. */
  readonly protobuf?: ProtobufSettings
  /** The time-out of one attempt. */
  readonly timeoutMs: number
  /** How the actor retries failed operations. */
  readonly retry: RetrySettings
  /** When the circuit breaker opens and closes. */
  readonly circuitBreaker: BreakerSettings
  /** How the connection is probed. */
  readonly healthCheck: HealthCheckSettings
  /** How the actor restores a lost connection. */
  readonly reconnect: ReconnectSettings
  /** Limits how many requests may be made in a period. Unlimited if absent. */
  readonly rateLimit?: RateLimitSettings
  /** Limits how many requests may be in flight. Unlimited if absent. */
  readonly bulkhead?: BulkheadSettings
  /** The bounds of the mailbox between the host thread and the actor. */
  readonly mailbox: MailboxSettings
  /** Resource limits of the actor. */
  readonly limits: LimitSettings
  /** The longest time between two heartbeats, in milliseconds; after that the supervisor replaces the actor. */
  readonly heartbeatMs: number
  /** A fault that the actor injects into itself, and its interval in milliseconds. */
  readonly chaos?: { readonly fault: Fault; readonly everyMs: number }
}

/**
 * The default time-out of an operation, in milliseconds: the sum of all attempts and the longest delays between them.
 */
export function operationBudgetMs(settings: Pick<IntegrationSettings, 'timeoutMs' | 'retry'>): number {
  const { maxAttempts, backoff } = settings.retry
  const longestDelay = backoff.kind === 'constant' ? backoff.initialMs : backoff.maxMs
  return maxAttempts * settings.timeoutMs + (maxAttempts - 1) * longestDelay
}

/** How the supervisor treats an integration or an embedded broker, in OTP's terms. */
export interface SupervisionSettings {
  readonly restart: 'permanent' | 'transient' | 'temporary'
  /** The most restarts within `withinMs`; after one more death it is not restarted. */
  readonly maxRestarts: number
  readonly withinMs: number
  /** The delay before the second restart in a row and later ones; the first is immediate. */
  readonly backoff: Backoff
  /** 0 to 1: the share of each delay that is random. */
  readonly jitter: number
  /** Milliseconds that it may take to stop before it is terminated. */
  readonly shutdownMs: number
  /** How many actors one message may kill before it is dead-lettered. */
  readonly poisonThreshold: number
  /** How many spare threads are kept loaded, so that a restart is fast. */
  readonly warmSpares: number
  /** The `supervisor` block that it belongs to. If absent, it is restarted alone. */
  readonly group?: string
}

/** A group of integrations that are restarted together. */
export interface GroupSettings {
  readonly name: string
  readonly strategy: 'one_for_one' | 'one_for_all' | 'rest_for_one'
  readonly maxRestarts: number
  readonly withinMs: number
}
