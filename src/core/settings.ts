import type { AnnounceSettings, DiscoverySettings } from './discovery.js'
import type { ErrorClass } from './errors.js'
import type { Capacity, Overflow } from './overflow.js'
import type { TlsSettings } from './tls-settings.js'
import type { Value } from './value.js'

export type { TlsSettings }

/** Where a service is. */
export interface Endpoint {
  /** One or several; a client tries them in turn. */
  readonly addresses: readonly string[]
  readonly port?: number
  readonly path?: string
  readonly tls?: TlsSettings
}

/** How an integration proves who it is. Secrets are plain here: this record only travels to the actor. */
export type AuthSettings =
  | { readonly type: 'none' }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }
  /** A password, with the name of an account where the server has several. */
  | { readonly type: 'password'; readonly username?: string; readonly password: string }
  /** The client certificate of the endpoint's `tls` block is the proof. */
  | { readonly type: 'mtls' }
  | JwtSettings
  | OAuth2Settings
  /** NATS: a token, the seed of an nkey, or a file of credentials. */
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'nkey'; readonly seed: string }
  | { readonly type: 'creds'; readonly file: string }

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

/** A token that the gateway mints itself, and again before it expires. */
export interface JwtSettings {
  readonly type: 'jwt'
  /** `secret` for HS algorithms, a PEM private key for all others. */
  readonly key:
    | { readonly kind: 'secret'; readonly secret: string }
    | { readonly kind: 'pem'; readonly file: string }
  readonly algorithm: string
  readonly issuer?: string
  readonly subject?: string
  readonly audience?: string
  readonly keyId?: string
  readonly expiresInMs: number
  readonly claims: { readonly [name: string]: Value }
}

/** A token by the client credentials grant (RFC 6749, section 4.4). */
export interface OAuth2Settings {
  readonly type: 'oauth2'
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scopes: readonly string[]
  readonly audience?: string
  /** How the client names itself to the token endpoint (RFC 6749, section 2.3.1). */
  readonly clientAuth: 'basic' | 'post'
  /** Whether `tokenUrl` may be plain HTTP beyond this machine. */
  readonly allowHttp?: boolean
}

/** Where requests of others arrive: only for the actor of a `server` block. */
export interface ListenSettings {
  readonly address: string
  /** 0: any that is free. */
  readonly port: number
  readonly path?: string
  readonly tls?: ListenTlsSettings
}

/** The files of a listener, read by the actor. */
export interface ListenTlsSettings {
  readonly cert: string
  readonly key: string
  /** Callers have to show a certificate of this authority. */
  readonly clientCa?: string
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

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

export interface RetrySettings {
  /** Attempts in all, the first included; 1 disables retries. */
  readonly maxAttempts: number
  readonly backoff: Backoff
  /** 0 to 1: the share of each delay that is random. */
  readonly jitter: number
  /** Empty: whatever the error itself calls retryable. */
  readonly retryableErrors: readonly ErrorClass[]
  /** What all retries of an integration together may be; as many as there are without it. */
  readonly budget?: RetryBudgetSettings
}

export interface RetryBudgetSettings {
  /** Retries for each request, on average. */
  readonly share: number
  /** So many a second in any case. */
  readonly minPerSecond: number
}

/** How many requests may be made in a time. */
export interface RateLimitSettings {
  readonly requests: number
  readonly perMs: number
  /** How many of them at once, after a pause. */
  readonly burst: number
  /** What a request beyond that does: wait for its turn within its deadline, or fail at once. */
  readonly excess: 'wait' | 'fail'
}

/** How many requests may be under way. */
export interface BulkheadSettings {
  readonly concurrent: number
  /** How many more may wait for one of them to end. */
  readonly queue: number
}

export interface BreakerSettings {
  /** Failures in a row that open the breaker. */
  readonly failureThreshold: number
  /** Successful probes in a row that close it again. */
  readonly successThreshold: number
  /** How long it stays open before it lets a probe through. */
  readonly timeoutMs: number
}

export interface HealthCheckSettings {
  readonly enabled: boolean
  readonly intervalMs: number
  readonly timeoutMs: number
  /** For RPC protocols: the method to call. */
  readonly method?: string
}

export interface ReconnectSettings {
  readonly enabled: boolean
  /** -1: without limit. */
  readonly maxAttempts: number
  readonly delayMs: number
  readonly maxDelayMs: number
  /** What an operation does while the connection is down: wait within its time-out, or fail at once. */
  readonly offline: 'wait' | 'fail'
}

export interface MailboxSettings extends Capacity {
  readonly overflow: Overflow
}

export interface LimitSettings {
  /** Bytes of heap and array buffers at which the supervisor replaces the actor. */
  readonly memory: number
  /** Bytes of one frame, message or batch; checked before it is parsed. */
  readonly frame: number
}

/** Faults an actor inflicts upon itself, to try out supervision. */
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

/** What makes `protobuf` a wire format of payloads: the messages that they are. */
export interface ProtobufSettings {
  /** Paths of .proto files; none where there is a descriptor set. */
  readonly proto: readonly string[]
  /** Folders in which their imports are looked for. */
  readonly include: readonly string[]
  /** Path of a file with a serialised FileDescriptorSet. */
  readonly descriptorSet?: string
  /** The full name of the message that a payload is, where a request names no other. */
  readonly message: string
  /** A serialised FileDescriptorSet: the host makes it of the files before the actor starts. */
  readonly schema?: Uint8Array
}

/** The settings with which the actor of an integration starts. They cross the thread line, so they are plain data. */
export interface IntegrationSettings {
  readonly name: string
  readonly type: string
  readonly endpoint: Endpoint
  /** How the addresses of the endpoint are found; those that it has itself without it. */
  readonly discovery?: DiscoverySettings
  readonly listen?: ListenSettings
  /** Where the server of a `server` block says where it listens. */
  readonly announce?: AnnounceSettings
  /** The `config` block, checked and completed by the schema in the adapter's manifest. */
  readonly config: { readonly [key: string]: Value }
  readonly auth: AuthSettings
  /** Name of the wire format. */
  readonly format: string
  /** Name of the wire format of payloads between host, actor and adapter, where the adapter alone can read `format`. */
  readonly payloadFormat?: string
  readonly protobuf?: ProtobufSettings
  /** For one attempt of one operation. */
  readonly timeoutMs: number
  readonly retry: RetrySettings
  readonly circuitBreaker: BreakerSettings
  readonly healthCheck: HealthCheckSettings
  readonly reconnect: ReconnectSettings
  readonly rateLimit?: RateLimitSettings
  readonly bulkhead?: BulkheadSettings
  readonly mailbox: MailboxSettings
  readonly limits: LimitSettings
  /** Milliseconds between two heartbeats that the supervisor expects at the latest. */
  readonly heartbeatMs: number
  readonly chaos?: { readonly fault: Fault; readonly everyMs: number }
}

/** How long an operation may take in all when its caller names no time-out: every attempt and every delay between them. */
export function operationBudgetMs(settings: Pick<IntegrationSettings, 'timeoutMs' | 'retry'>): number {
  const { maxAttempts, backoff } = settings.retry
  const longestDelay = backoff.kind === 'constant' ? backoff.initialMs : backoff.maxMs
  return maxAttempts * settings.timeoutMs + (maxAttempts - 1) * longestDelay
}

/** How the supervisor treats an integration or an embedded broker; OTP's words. */
export interface SupervisionSettings {
  readonly restart: 'permanent' | 'transient' | 'temporary'
  /** More restarts than this within `withinMs` and it is given up. */
  readonly maxRestarts: number
  readonly withinMs: number
  /** The delay before the second restart in a row and later ones; the first is immediate. */
  readonly backoff: Backoff
  /** 0 to 1: the share of each delay that is random. */
  readonly jitter: number
  /** Milliseconds it may take to stop before it is ended. */
  readonly shutdownMs: number
  /** How many actors one message may kill before it is dead-lettered. */
  readonly poisonThreshold: number
  /** Threads kept loaded, so that a successor is there at once. */
  readonly warmSpares: number
  /** The `supervisor` block it belongs to; it is on its own without one. */
  readonly group?: string
}

/** A group of integrations that are restarted together. */
export interface GroupSettings {
  readonly name: string
  readonly strategy: 'one_for_one' | 'one_for_all' | 'rest_for_one'
  readonly maxRestarts: number
  readonly withinMs: number
}
