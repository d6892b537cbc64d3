// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Size } from '../core/bytes.js'
import type { Duration } from '../core/duration.js'

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

/**
 * A block `broker` of a type that the compiler does not know. An embedded broker, in a separate thread of the
 * process.
 */
export interface AnyBrokerBlock extends BrokerAttributes {
  /** Type of the broker. */
  readonly type: string
  /** Where the broker listens. */
  readonly listen?: { readonly [name: string]: unknown } | undefined
}

/**
 * A block `server` of a type that the compiler does not know. Serves methods on a listener of the gateway.
 * Server authentication is not implemented: a server with `auth` does not start.
 */
export interface AnyServerBlock extends ServerAttributes {
  /** Protocol. */
  readonly type: string
  /** Settings of the protocol. */
  readonly config?: { readonly [name: string]: unknown } | undefined
  /** Wire format of payloads. It must be a format of the protocol. */
  readonly format?: string | undefined
}

/** A block `auth` with the type `basic`: User name and password. */
export interface BasicAuthBlock {
  /** User name and password. */
  readonly type: 'basic'
  /** User name. */
  readonly username: string
  /**
   * Password.
   * Secret: appears in no message.
   */
  readonly password: string
}

/** A block `auth` with the type `bearer`: Fixed token. */
export interface BearerAuthBlock {
  /** Fixed token. */
  readonly type: 'bearer'
  /**
   * Token.
   * Secret: appears in no message.
   */
  readonly token: string
}

/** What every block `broker` may have. */
export interface BrokerAttributes {
  /** Resource limits of the broker. */
  readonly limits?: BrokerLimitsBlock | undefined
  /** How the actor is supervised and restarted. */
  readonly supervision?: SupervisionBlock | undefined
}

/** The block `broker`: An embedded broker, in a separate thread of the process. */
export type BrokerBlock = MemoryBrokerBlock | MqttBrokerBlock | AnyBrokerBlock

/** The `limits` block: Resource limits of the broker. */
export interface BrokerLimitsBlock {
  /**
   * Memory (heap and buffers) at which the thread is restarted. Example: `"256MB"`.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"512MB"`
   */
  readonly memory?: Size | undefined
}

/** The `listen` block: Where the broker listens. */
export interface BrokerListenBlock {
  /**
   * The address to listen on. The default is loopback, because the broker does not authenticate clients.
   * @defaultValue `"127.0.0.1"`
   */
  readonly address?: string | undefined
  /**
   * The port to listen on; 0 selects a free port.
   * A whole number from 0 to 65535.
   * @defaultValue `1883`
   */
  readonly port?: number | undefined
  /**
   * How many connections may be open; further ones are closed at once.
   * A whole number of at least 1.
   * @defaultValue `1000`
   */
  readonly max_connections?: number | undefined
  /**
   * Maximum size of a packet in bytes; a client that sends a larger one is disconnected.
   * A whole number from 1024 to 268435455.
   * @defaultValue `16777216`
   */
  readonly max_packet?: number | undefined
}

/** The `bulkhead` block: Limits the number of requests in flight. Example: `bulkhead { concurrent = 20 }`. */
export interface BulkheadBlock {
  /**
   * Maximum number of requests in flight.
   * A whole number of at least 1.
   */
  readonly concurrent: number
  /**
   * Maximum number of further requests that wait for a slot. Beyond it, requests fail at once with
   * MailboxFullError.
   * A whole number of at least 0.
   * @defaultValue `100`
   */
  readonly queue?: number | undefined
}

/** The `chaos` block: Injects faults into the integration, to test supervision. Not for production. */
export interface ChaosBlock {
  /**
   * Fault to inject: `throw` throws an error, `reject` rejects a promise, `exit` ends the thread,
   * `leak-objects`, `leak-map` and `leak-buffers` fill the memory, `spin` loops forever, `block` blocks the
   * thread for 5 s in a native call.
   */
  readonly fault:
    | 'throw'
    | 'reject'
    | 'exit'
    | 'leak-objects'
    | 'leak-map'
    | 'leak-buffers'
    | 'spin'
    | 'block'
  /**
   * Interval between two faults. Example: `"30s"`.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly every: Duration
}

/** The `circuit_breaker` block: Fails operations at once while the service is down. */
export interface CircuitBreakerBlock {
  /**
   * Number of consecutive failures that open the breaker.
   * A whole number of at least 1.
   * @defaultValue `5`
   */
  readonly failure_threshold?: number | undefined
  /**
   * Number of consecutive successful probes that close the breaker.
   * A whole number of at least 1.
   * @defaultValue `2`
   */
  readonly success_threshold?: number | undefined
  /**
   * How long the breaker stays open before it lets operations through as probes.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly timeout?: Duration | undefined
}

/** A block `auth` with the type `creds`: NATS credentials file. */
export interface CredsAuthBlock {
  /** NATS credentials file. */
  readonly type: 'creds'
  /**
   * Path of the credentials file.
   * A path, relative to the working folder.
   */
  readonly file: string
}

/**
 * A block `integration` with an application's own adapter, or of a type that the compiler does not know. A
 * connection to a service or broker.
 */
export interface CustomIntegrationBlock extends IntegrationAttributes {
  /** The path of a module, or the name of a package, that exports an adapter. */
  readonly type: string
  /** Settings of the protocol. */
  readonly config?: { readonly [name: string]: unknown } | undefined
  /** Wire format of payloads. It must be a format of the protocol. */
  readonly format?: string | undefined
  /** How the integration authenticates itself. */
  readonly auth?:
    | NoneAuthBlock
    | BasicAuthBlock
    | BearerAuthBlock
    | PasswordAuthBlock
    | MtlsAuthBlock
    | JwtAuthBlock
    | OAuth2AuthBlock
    | TokenAuthBlock
    | NkeyAuthBlock
    | CredsAuthBlock
    | undefined
}

/** A block `discovery` with the type `dns`: Looks up the A and AAAA records of a name. */
export interface DnsDiscoveryBlock {
  /** Looks up the A and AAAA records of a name. */
  readonly type: 'dns'
  /** Name to look up. Example: `"api.internal"`, or `"_mqtt._tcp.example.com"` for `dns-srv`. */
  readonly name: string
  /**
   * DNS servers, with an optional port each. Default: those of the system. Example: `["10.0.0.2",
   * "127.0.0.1:5353"]`.
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
   * DNS servers, with an optional port each. Default: those of the system. Example: `["10.0.0.2",
   * "127.0.0.1:5353"]`.
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

/** The `endpoint` block: Address of the service. */
export interface EndpointBlock {
  /**
   * Host or URL, or a list of them that is tried in order. Not needed with `discovery`. Example:
   * `"https://api.example.com"` or `["mqtt-1.internal", "mqtt-2.internal"]`.
   */
  readonly address?: string | readonly string[] | undefined
  /**
   * Port. Default: the port of the protocol.
   * A whole number from 1 to 65535.
   */
  readonly port?: number | undefined
  /** Path, for protocols over HTTP. Example: `"/rpc"`. */
  readonly path?: string | undefined
  /** Secures the connection with TLS. Changed files apply to the next connection. */
  readonly tls?: boolean | TlsBlock | undefined
}

/** The `config` block: Settings of the protocol. */
export interface GrpcConfigBlock {
  /** One or several `.proto` files. Example: `"./orders.proto"`. */
  readonly proto?: string | readonly string[] | undefined
  /** Folders to search for imports of the `.proto` files. */
  readonly include?: string | readonly string[] | undefined
  /**
   * File with a `FileDescriptorSet`, as written by `protoc --descriptor_set_out=FILE --include_imports`.
   * A path, relative to the working folder.
   */
  readonly descriptor_set?: string | undefined
  /**
   * Whether to load the schema from the server if neither `proto` nor `descriptor_set` is set, and by which
   * version of the reflection protocol. `auto` tries v1, then v1alpha.
   * @defaultValue `"auto"`
   */
  readonly reflection?: 'auto' | 'v1' | 'v1alpha' | 'off' | undefined
  /** Service whose methods can be called by their bare name. Example: `"shop.Orders"`. */
  readonly service?: string | undefined
  /** Pings that detect a dead connection. Example: `keepalive { time = "30s" }`. */
  readonly keepalive?: GrpcKeepaliveBlock | undefined
  /**
   * Number of connections to each address.
   * A whole number from 1 to 64.
   * @defaultValue `1`
   */
  readonly pool_size?: number | undefined
  /**
   * How calls are distributed among addresses. Default: `round_robin` with several addresses, otherwise
   * `pick_first`.
   */
  readonly load_balancing?: 'pick_first' | 'round_robin' | undefined
  /** Metadata sent with every call. Example: `{ "x-tenant" = "acme" }`. */
  readonly metadata?: { readonly [name: string]: string } | undefined
  /**
   * Compression of messages that are sent.
   * @defaultValue `"none"`
   */
  readonly compression?: 'none' | 'gzip' | 'deflate' | undefined
  /**
   * Lets a call wait while the connection is being restored, instead of failing it.
   * @defaultValue `false`
   */
  readonly wait_for_ready?: boolean | undefined
  /**
   * Name of the server in requests and in its certificate, if it differs from the address. Example:
   * `"orders.example.com"`.
   */
  readonly authority?: string | undefined
  /**
   * Makes calls return `{ value, headers, trailers }` instead of the value alone.
   * @defaultValue `false`
   */
  readonly response_metadata?: boolean | undefined
  /** Service to ask for in health checks. Default: the whole server. */
  readonly health_service?: string | undefined
  /**
   * How long a stream opened by publishing stays open without a message.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly publish_idle?: Duration | undefined
  /**
   * What happens after a connection loss to a subscription without `params` whose stream was published to.
   * `end` ends it with a SubscribeError, because the server has lost the published messages and may stay
   * silent; `reopen` opens a new stream, for servers that send without a request.
   * @defaultValue `"end"`
   */
  readonly published_streams?: 'end' | 'reopen' | undefined
}

/** A block `integration` of type `grpc`. A connection to a service or broker. */
export interface GrpcIntegrationBlock extends IntegrationAttributes {
  /** Protocol. */
  readonly type: 'grpc'
  /** Settings of the protocol. */
  readonly config?: GrpcConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"protobuf"`
   */
  readonly format?: 'protobuf' | 'json' | 'binary' | undefined
  /** How the integration authenticates itself. */
  readonly auth?:
    | NoneAuthBlock
    | BasicAuthBlock
    | BearerAuthBlock
    | JwtAuthBlock
    | MtlsAuthBlock
    | OAuth2AuthBlock
    | undefined
}

/** The `keepalive` block: Pings that detect a dead connection. Example: `keepalive { time = "30s" }`. */
export interface GrpcKeepaliveBlock {
  /**
   * Interval of pings while a call or stream is in flight. It grows if the server rejects the pings as too
   * many.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"20s"`
   */
  readonly time?: Duration | undefined
  /**
   * How long the server may take to answer a ping before the connection counts as lost.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10s"`
   */
  readonly timeout?: Duration | undefined
  /**
   * Sends pings even while no call is in flight.
   * @defaultValue `false`
   */
  readonly without_calls?: boolean | undefined
}

/**
 * A block `server` of type `grpc`. Serves methods on a listener of the gateway. Server authentication is not
 * implemented: a server with `auth` does not start.
 */
export interface GrpcServerBlock extends ServerAttributes {
  /** Protocol. */
  readonly type: 'grpc'
  /** Settings of the protocol. */
  readonly config?: GrpcServerConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"protobuf"`
   */
  readonly format?: 'protobuf' | 'json' | 'binary' | undefined
}

/** The `config` block: Settings of the protocol. */
export interface GrpcServerConfigBlock {
  /** One or several `.proto` files. Example: `"./orders.proto"`. */
  readonly proto?: string | readonly string[] | undefined
  /** Folders to search for imports of the `.proto` files. */
  readonly include?: string | readonly string[] | undefined
  /**
   * File with a `FileDescriptorSet`, as written by `protoc --descriptor_set_out=FILE --include_imports`.
   * A path, relative to the working folder.
   */
  readonly descriptor_set?: string | undefined
  /**
   * Serves the reflection protocol (v1 and v1alpha).
   * @defaultValue `true`
   */
  readonly reflection?: boolean | undefined
  /**
   * Serves the health checking protocol.
   * @defaultValue `true`
   */
  readonly health?: boolean | undefined
  /**
   * Compression of messages that are sent.
   * @defaultValue `"none"`
   */
  readonly compression?: 'none' | 'gzip' | 'deflate' | undefined
  /**
   * Maximum number of concurrent calls on one connection.
   * A whole number from 1 to 1000000.
   * @defaultValue `1000`
   */
  readonly max_streams?: number | undefined
}

/**
 * The `health_check` block: Checks regularly whether the service is alive. Without this block it is not
 * checked.
 */
export interface HealthCheckBlock {
  /**
   * Whether to check the health of the service.
   * @defaultValue `true`
   */
  readonly enabled?: boolean | undefined
  /**
   * Interval between two checks.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly interval?: Duration | undefined
  /**
   * Time limit of a check.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"5s"`
   */
  readonly timeout?: Duration | undefined
  /** Method to call. Default: a ping of the protocol. Example: `"health"`. */
  readonly method?: string | undefined
}

/** What every block `integration` may have. */
export interface IntegrationAttributes {
  /**
   * Time limit of one attempt of an operation. Default: `30s`.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly timeout?: Duration | undefined
  /** Address of the service. */
  readonly endpoint?: EndpointBlock | undefined
  /** Finds the addresses of the service. */
  readonly discovery?:
    | StaticDiscoveryBlock
    | DnsDiscoveryBlock
    | DnsSrvDiscoveryBlock
    | RedisDiscoveryBlock
    | undefined
  /** Retries failed operations. Without this block nothing is retried. */
  readonly retry?: RetryBlock | undefined
  /** Fails operations at once while the service is down. */
  readonly circuit_breaker?: CircuitBreakerBlock | undefined
  /** Checks regularly whether the service is alive. Without this block it is not checked. */
  readonly health_check?: HealthCheckBlock | undefined
  /** How a lost connection is restored. */
  readonly reconnect?: ReconnectBlock | undefined
  /** Limits the rate of requests. Example: `rate_limit { requests = 100 }`. */
  readonly rate_limit?: RateLimitBlock | undefined
  /** Limits the number of requests in flight. Example: `bulkhead { concurrent = 20 }`. */
  readonly bulkhead?: BulkheadBlock | undefined
  /** Bounds of the mailbox between the host thread and the actor. */
  readonly mailbox?: MailboxBlock | undefined
  /** Resource limits of the actor. */
  readonly limits?: LimitsBlock | undefined
  /** How the actor is supervised and restarted. */
  readonly supervision?: SupervisionBlock | undefined
  /** Message types of payloads in the format `protobuf`. */
  readonly protobuf?: ProtobufBlock | undefined
  /** Injects faults into the integration, to test supervision. Not for production. */
  readonly chaos?: ChaosBlock | undefined
}

/** The block `integration`: A connection to a service or broker. */
export type IntegrationBlock =
  | GrpcIntegrationBlock
  | JsonRpcIntegrationBlock
  | MemoryIntegrationBlock
  | MqttIntegrationBlock
  | NatsIntegrationBlock
  | RedisIntegrationBlock
  | CustomIntegrationBlock

/** The `config` block: Settings of the protocol. */
export interface JsonRpcConfigBlock {
  /**
   * Version of JSON-RPC.
   * @defaultValue `"2.0"`
   */
  readonly version?: '2.0' | undefined
  /**
   * Rejects answers that deviate from the JSON-RPC specification. Otherwise common deviations are accepted,
   * such as `"error": null` beside a result or an id returned as text.
   * @defaultValue `false`
   */
  readonly strict?: boolean | undefined
  /**
   * Time limit of one attempt. Same as `timeout` of the integration.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly timeout?: Duration | undefined
  /**
   * Maximum number of requests in one batch. With 2 or more, calls and notifications made at the same time
   * are combined into one request; a `batch` call with more entries is split.
   * A whole number from 1 to 1000.
   */
  readonly batch_size?: number | undefined
  /**
   * How long an incomplete batch waits for more requests while other batches are in flight. Example: `"5ms"`.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"0ms"`
   */
  readonly batch_delay?: Duration | undefined
  /**
   * Maximum size of one answer in bytes. If `limits { frame }` is smaller, it applies.
   * A size: bytes, or text such as `"64KB"`.
   */
  readonly max_response?: Size | undefined
  /**
   * Maximum number of connections to each address.
   * A whole number from 1 to 256.
   * @defaultValue `8`
   */
  readonly pool_size?: number | undefined
  /**
   * Number of requests sent on a connection before the first is answered. Set it above 1 only if all methods
   * are idempotent, because a lost connection can leave several requests unanswered.
   * A whole number from 1 to 256.
   * @defaultValue `1`
   */
  readonly pipelining?: number | undefined
  /** HTTP headers sent with every request. Example: `{ "x-tenant" = "acme" }`. */
  readonly headers?: { readonly [name: string]: string } | undefined
  /**
   * WebSocket: maximum number of calls in flight.
   * A whole number from 1 to 100000.
   * @defaultValue `1000`
   */
  readonly max_in_flight?: number | undefined
  /**
   * WebSocket: how long the server may be silent before the adapter sends a ping. 0 disables pings.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly ping_interval?: Duration | undefined
  /**
   * WebSocket: method that ends a subscription opened by a call. Default: the name of that method with
   * "unsubscribe" in place of "subscribe", as in `eth_unsubscribe`.
   */
  readonly unsubscribe_method?: string | undefined
  /**
   * How long an idle connection stays open, unless the server asks for another time.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"4s"`
   */
  readonly keep_alive?: Duration | undefined
}

/** A block `integration` of type `json-rpc`. A connection to a service or broker. */
export interface JsonRpcIntegrationBlock extends IntegrationAttributes {
  /** Protocol. */
  readonly type: 'json-rpc'
  /** Settings of the protocol. */
  readonly config?: JsonRpcConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"json"`
   */
  readonly format?: 'json' | undefined
  /** How the integration authenticates itself. */
  readonly auth?:
    | NoneAuthBlock
    | BasicAuthBlock
    | BearerAuthBlock
    | JwtAuthBlock
    | MtlsAuthBlock
    | OAuth2AuthBlock
    | undefined
}

/**
 * A block `server` of type `json-rpc`. Serves methods on a listener of the gateway. Server authentication is
 * not implemented: a server with `auth` does not start.
 */
export interface JsonRpcServerBlock extends ServerAttributes {
  /** Protocol. */
  readonly type: 'json-rpc'
  /** Settings of the protocol. */
  readonly config?: JsonRpcServerConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"json"`
   */
  readonly format?: 'json' | undefined
}

/** The `config` block: Settings of the protocol. */
export interface JsonRpcServerConfigBlock {
  /**
   * Maximum size of one request in bytes. If `limits { frame }` is smaller, it applies.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"1MB"`
   */
  readonly max_request?: Size | undefined
  /**
   * Maximum number of requests in a batch.
   * A whole number from 1 to 100000.
   * @defaultValue `1000`
   */
  readonly max_batch?: number | undefined
  /**
   * Maximum number of open connections. Further connections are closed at once.
   * A whole number of at least 1.
   * @defaultValue `1000`
   */
  readonly max_connections?: number | undefined
  /**
   * Maximum number of messages of one WebSocket in flight. At the limit the connection is not read.
   * A whole number from 1 to 100000.
   * @defaultValue `1000`
   */
  readonly max_in_flight?: number | undefined
  /**
   * How long a caller may take to send the headers of a request.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10s"`
   */
  readonly header_timeout?: Duration | undefined
  /**
   * How long a caller may take to send a whole request or WebSocket message, and to read the next part of an
   * answer. 0 disables the limit.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly request_timeout?: Duration | undefined
  /**
   * How long an idle connection stays open.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"15s"`
   */
  readonly keep_alive?: Duration | undefined
  /**
   * Accepts WebSocket connections at the same port and path.
   * @defaultValue `true`
   */
  readonly websocket?: boolean | undefined
  /**
   * How long a WebSocket may be silent before the server sends a ping. 0 disables pings.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly ping_interval?: Duration | undefined
  /**
   * Origins of web pages that may open a WebSocket, in addition to those of the same host; `"*"` allows all.
   * Example: `["https://app.example.com"]`.
   */
  readonly origins?: readonly string[] | undefined
  /** Request headers that handlers can read in `context.headers`. Example: `["x-request-id"]`. */
  readonly forward_headers?: readonly string[] | undefined
}

/** A block `auth` with the type `jwt`: JSON Web Token signed by the gateway and renewed before it expires. */
export interface JwtAuthBlock {
  /** JSON Web Token signed by the gateway and renewed before it expires. */
  readonly type: 'jwt'
  /**
   * Secret, at least as long as the hash of the algorithm: 32 bytes for HS256.
   * Secret: appears in no message.
   */
  readonly secret?: string | undefined
  /**
   * PEM file with a private key without a passphrase, in place of `secret`. Example: `"./gateway-key.pem"`.
   * A path, relative to the working folder.
   * Secret: appears in no message.
   */
  readonly private_key?: string | undefined
  /** Signature algorithm. Default: HS256 for a secret, otherwise the one of the private key. */
  readonly algorithm?: string | undefined
  /** Issuer of the token (claim `iss`). */
  readonly issuer?: string | undefined
  /** Subject of the token (claim `sub`). */
  readonly subject?: string | undefined
  /** Audience of the token. */
  readonly audience?: string | undefined
  /** Id of the key (header `kid`), by which the server finds the public key. */
  readonly key_id?: string | undefined
  /**
   * How long a token is valid.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"5m"`
   */
  readonly expires_in?: Duration | undefined
  /** Additional claims. Example: `{ tenant = "acme" }`. */
  readonly claims?: { readonly [name: string]: unknown } | undefined
}

/** The `limits` block: Resource limits of the actor. */
export interface LimitsBlock {
  /**
   * Memory (heap and buffers) at which the thread is restarted. Example: `"256MB"`.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"512MB"`
   */
  readonly memory?: Size | undefined
  /**
   * Maximum size of a frame, message or batch from the network.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"16MB"`
   */
  readonly frame?: Size | undefined
}

/** The `listen` block: Address that the server listens on. */
export interface ListenBlock {
  /**
   * Address to listen on. The default accepts connections only from this machine; `"0.0.0.0"` accepts them
   * from everywhere.
   * @defaultValue `"127.0.0.1"`
   */
  readonly address?: string | undefined
  /**
   * Port to listen on. 0 takes any free port, which the status and the event `connection:changed` report.
   * A whole number from 0 to 65535.
   */
  readonly port: number
  /** Path, for protocols over HTTP. Example: `"/rpc"`. */
  readonly path?: string | undefined
  /** `true` with `cert` and `key` beside it, or a block that contains them. */
  readonly tls?: boolean | ListenTlsBlock | undefined
  /**
   * PEM file with the certificate of the server.
   * A path, relative to the working folder.
   */
  readonly cert?: string | undefined
  /**
   * PEM file with the key of `cert`.
   * A path, relative to the working folder.
   */
  readonly key?: string | undefined
  /**
   * PEM file with an authority. Callers must present a certificate that it has signed.
   * A path, relative to the working folder.
   */
  readonly client_ca?: string | undefined
  /** Minimum version of TLS. */
  readonly min_version?: '1.2' | '1.3' | undefined
}

/** The `tls` block:  */
export interface ListenTlsBlock {
  /**
   * PEM file with the certificate of the server.
   * A path, relative to the working folder.
   */
  readonly cert: string
  /**
   * PEM file with the key of `cert`.
   * A path, relative to the working folder.
   */
  readonly key: string
  /**
   * PEM file with an authority. Callers must present a certificate that it has signed.
   * A path, relative to the working folder.
   */
  readonly client_ca?: string | undefined
  /** Minimum version of TLS. */
  readonly min_version?: '1.2' | '1.3' | undefined
}

/** The `mailbox` block: Bounds of the mailbox between the host thread and the actor. */
export interface MailboxBlock {
  /**
   * Maximum number of messages that wait in each direction.
   * A whole number of at least 1.
   * @defaultValue `10000`
   */
  readonly messages?: number | undefined
  /**
   * Maximum bytes of payload that wait in each direction.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"64MB"`
   */
  readonly bytes?: Size | undefined
  /**
   * What happens to a message when the mailbox is full: `block` makes the sender wait, `reject` fails it,
   * `drop-oldest` drops the oldest waiting message, `drop-newest` drops the new one.
   * @defaultValue `"block"`
   */
  readonly overflow?: 'block' | 'reject' | 'drop-oldest' | 'drop-newest' | undefined
}

/** A block `broker` of type `memory`. An embedded broker, in a separate thread of the process. */
export interface MemoryBrokerBlock extends BrokerAttributes {
  /** Type of the broker. */
  readonly type: 'memory'
}

/** The `config` block: Settings of the protocol. */
export interface MemoryConfigBlock {
  /**
   * Name of the embedded broker to connect to.
   * @defaultValue `"memory"`
   */
  readonly broker?: string | undefined
}

/** A block `integration` of type `memory`. A connection to a service or broker. */
export interface MemoryIntegrationBlock extends IntegrationAttributes {
  /** Protocol. */
  readonly type: 'memory'
  /** Settings of the protocol. */
  readonly config?: MemoryConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"json"`
   */
  readonly format?: 'json' | 'msgpack' | 'binary' | 'protobuf' | undefined
  /** How the integration authenticates itself. */
  readonly auth?: NoneAuthBlock | undefined
}

/** A block `broker` of type `mqtt`. An embedded broker, in a separate thread of the process. */
export interface MqttBrokerBlock extends BrokerAttributes {
  /** Type of the broker. */
  readonly type: 'mqtt'
  /** Where the broker listens. */
  readonly listen?: BrokerListenBlock | undefined
}

/** The `config` block: Settings of the protocol. */
export interface MqttConfigBlock {
  /**
   * The client id of the connection that publishes and calls. Receivers have separate connections, opened on
   * first use: `ID-sub` for subscriptions, `ID-serve` for served methods, `ID-queue-QUEUE` for each consumed
   * queue. A broker that admits clients by id must admit these too.
   */
  readonly client_id?: string | undefined
  /**
   * The keep-alive interval; pings are sent twice per interval.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"1m"`
   */
  readonly keep_alive?: Duration | undefined
  /**
   * Whether the broker drops the sessions when a connection ends. With `false` it keeps messages for `ID-sub`
   * and `ID-serve`, and exchanges of QoS 1 and 2 in flight. `ID-queue-QUEUE` survives the loss of a
   * connection in any case.
   * @defaultValue `true`
   */
  readonly clean_session?: boolean | undefined
  /**
   * The quality of service of publishes and subscriptions that do not set one.
   * @defaultValue `0`
   */
  readonly qos?: 0 | 1 | 2 | undefined
  /**
   * The protocol version. `auto` tries 5, then 3.1.1 if the broker refuses it.
   * @defaultValue `"auto"`
   */
  readonly protocol_version?: 'auto' | 5 | '3.1.1' | undefined
  /**
   * How long the broker keeps a session after its connection has ended; MQTT 5 only.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"1h"`
   */
  readonly session_expiry?: Duration | undefined
  /**
   * How many messages may be unacknowledged on each connection; MQTT 5 only.
   * A whole number from 1 to 65535.
   * @defaultValue `1024`
   */
  readonly receive_maximum?: number | undefined
  /**
   * The group that shares the messages of a queue.
   * @defaultValue `"nemo-workers"`
   */
  readonly queue_group?: string | undefined
  /**
   * Whether another member takes over the unacknowledged messages of a dead member of the group; MQTT 5 only.
   * Members publish their state under `nemo/orphans/GROUP/` and connect with each other's client ids. Risk: a
   * member that loses the broker for longer than one or two seconds counts as dead, and its messages are
   * handled twice.
   * @defaultValue `false`
   */
  readonly queue_takeover?: boolean | undefined
  /** The prefix of the topics on which answers to calls arrive. */
  readonly response_topic_prefix?: string | undefined
  /** The user name sent with a token; `auth` of type `bearer` or `jwt` sends the token as the password. */
  readonly token_username?: string | undefined
  /** The message that the broker publishes when the main connection is lost. */
  readonly will?: MqttWillBlock | undefined
}

/** A block `integration` of type `mqtt`. A connection to a service or broker. */
export interface MqttIntegrationBlock extends IntegrationAttributes {
  /** Protocol. */
  readonly type: 'mqtt'
  /** Settings of the protocol. */
  readonly config?: MqttConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"msgpack"`
   */
  readonly format?: 'msgpack' | 'json' | 'binary' | 'protobuf' | undefined
  /** How the integration authenticates itself. */
  readonly auth?:
    | NoneAuthBlock
    | BasicAuthBlock
    | PasswordAuthBlock
    | BearerAuthBlock
    | JwtAuthBlock
    | MtlsAuthBlock
    | undefined
}

/** The `will` block: The message that the broker publishes when the main connection is lost. */
export interface MqttWillBlock {
  /** The topic of the will. */
  readonly topic: string
  /** The payload of the will. */
  readonly payload: string
  /**
   * The quality of service of the will.
   * @defaultValue `0`
   */
  readonly qos?: 0 | 1 | 2 | undefined
  /**
   * Whether the broker retains the will for later subscribers.
   * @defaultValue `false`
   */
  readonly retain?: boolean | undefined
}

/** A block `auth` with the type `mtls`: Client certificate, set here or in the endpoint's `tls` block. */
export interface MtlsAuthBlock {
  /** Client certificate, set here or in the endpoint's `tls` block. */
  readonly type: 'mtls'
  /**
   * PEM file with the client certificate.
   * A path, relative to the working folder.
   */
  readonly client_cert?: string | undefined
  /**
   * PEM file with the key of `client_cert`.
   * A path, relative to the working folder.
   * Secret: appears in no message.
   */
  readonly client_key?: string | undefined
}

/** The `config` block: Settings of the protocol. */
export interface NatsConfigBlock {
  /** The connection name in the server's reports; generated by default. */
  readonly name?: string | undefined
  /**
   * Whether to use JetStream, which queues and publishes with `qos` 1 require.
   * @defaultValue `true`
   */
  readonly jetstream?: boolean | undefined
  /** The JetStream domain, for example on a leaf node. */
  readonly domain?: string | undefined
  /** The queue group that every subscription joins; each message goes to one member. */
  readonly queue_group?: string | undefined
  /**
   * How topics are read. `auto`: a topic with a slash follows MQTT, with `+` and `#`; any other topic is a
   * subject, with `*` and `>`. `nats`: every topic is a subject.
   * @defaultValue `"auto"`
   */
  readonly topic_style?: 'auto' | 'nats' | undefined
  /**
   * A connection that has received nothing for this long sends PING, and counts as lost if it receives
   * nothing for the same time again.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly ping_interval?: Duration | undefined
  /**
   * Whether to use the other servers of the cluster that a server reports.
   * @defaultValue `true`
   */
  readonly discover?: boolean | undefined
  /**
   * The prefix of the subjects on which answers arrive.
   * @defaultValue `"_INBOX"`
   */
  readonly inbox_prefix?: string | undefined
  /**
   * How many messages a receiver of a queue requests beyond its current demand.
   * A whole number from 0 to 10000.
   * @defaultValue `0`
   */
  readonly prefetch?: number | undefined
  /**
   * The stream of a queue: an existing stream is used as it is, a missing one is created with these settings.
   */
  readonly stream?: NatsStreamBlock | undefined
  /**
   * The durable pull consumer that all receivers of a queue share: an existing consumer is used as it is, a
   * missing one is created with these settings.
   */
  readonly consumer?: NatsConsumerBlock | undefined
  /** How served methods appear in service discovery (`nats micro ls`). */
  readonly service?: NatsServiceBlock | undefined
}

/**
 * The `consumer` block: The durable pull consumer that all receivers of a queue share: an existing consumer
 * is used as it is, a missing one is created with these settings.
 */
export interface NatsConsumerBlock {
  /** The name of the durable consumer; by default derived from the name of the queue. */
  readonly name?: string | undefined
  /**
   * How long the server waits for a settlement or an extension before it redelivers a message; default 5 s,
   * or 30 s without `extend`.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly ack_wait?: Duration | undefined
  /**
   * Extends `ack_wait` while a handler is working, so that a short `ack_wait` suffices and the messages of a
   * dead gateway are redelivered soon.
   * @defaultValue `true`
   */
  readonly extend?: boolean | undefined
  /**
   * How many deliveries to a handler a message gets; -1 sets no limit besides the consumer's own.
   * @defaultValue `-1`
   */
  readonly max_deliver?: number | undefined
  /**
   * The queue for messages that were delivered `max_deliver` times; when absent, the gateway reports them as
   * dead letters.
   */
  readonly dead_letter?: string | undefined
  /**
   * How many delivered messages may be unsettled, over all receivers of the consumer.
   * A whole number from 1 to 1000000.
   * @defaultValue `10000`
   */
  readonly max_ack_pending?: number | undefined
}

/** A block `integration` of type `nats`. A connection to a service or broker. */
export interface NatsIntegrationBlock extends IntegrationAttributes {
  /** Protocol. */
  readonly type: 'nats'
  /** Settings of the protocol. */
  readonly config?: NatsConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"json"`
   */
  readonly format?: 'json' | 'msgpack' | 'binary' | 'protobuf' | undefined
  /** How the integration authenticates itself. */
  readonly auth?:
    | NoneAuthBlock
    | BasicAuthBlock
    | PasswordAuthBlock
    | TokenAuthBlock
    | NkeyAuthBlock
    | CredsAuthBlock
    | MtlsAuthBlock
    | BearerAuthBlock
    | JwtAuthBlock
    | OAuth2AuthBlock
    | undefined
}

/** The `service` block: How served methods appear in service discovery (`nats micro ls`). */
export interface NatsServiceBlock {
  /** The service name; by default the name of the integration. */
  readonly name?: string | undefined
  /**
   * The version of the service.
   * @defaultValue `"0.0.1"`
   */
  readonly version?: string | undefined
  /**
   * What the service is for.
   * @defaultValue `""`
   */
  readonly description?: string | undefined
  /**
   * The queue group in which the servers of a method share its requests.
   * @defaultValue `"q"`
   */
  readonly queue_group?: string | undefined
}

/**
 * The `stream` block: The stream of a queue: an existing stream is used as it is, a missing one is created
 * with these settings.
 */
export interface NatsStreamBlock {
  /** One stream for all queues of the integration; when absent, each queue has its own. */
  readonly name?: string | undefined
  /** Further subjects of a stream that the gateway creates, besides its queues. */
  readonly subjects?: readonly string[] | undefined
  /**
   * Whether to create missing streams; with `false` only existing streams are used.
   * @defaultValue `true`
   */
  readonly create?: boolean | undefined
  /**
   * Where the stream is stored.
   * @defaultValue `"file"`
   */
  readonly storage?: 'file' | 'memory' | undefined
  /**
   * How many servers of a cluster store a copy.
   * A whole number from 1 to 5.
   * @defaultValue `1`
   */
  readonly replicas?: number | undefined
  /**
   * When messages are removed: `workqueue` removes a message once it is acknowledged.
   * @defaultValue `"workqueue"`
   */
  readonly retention?: 'workqueue' | 'limits' | 'interest' | undefined
  /**
   * How long a message is kept; no limit when absent.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly max_age?: Duration | undefined
  /**
   * How many bytes the stream may hold; no limit when absent.
   * A whole number of at least 1.
   */
  readonly max_bytes?: number | undefined
  /**
   * How many messages the stream may hold; no limit when absent.
   * A whole number of at least 1.
   */
  readonly max_messages?: number | undefined
  /**
   * What happens when the stream is full: `new` refuses the new message, `old` removes the oldest.
   * @defaultValue `"new"`
   */
  readonly discard?: 'new' | 'old' | undefined
  /**
   * How long the stream recognises a message that is sent twice with the same id.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"2m"`
   */
  readonly duplicate_window?: Duration | undefined
  /**
   * Compression of stored messages; requires server 2.10.
   * @defaultValue `"none"`
   */
  readonly compression?: 'none' | 's2' | undefined
}

/** A block `auth` with the type `nkey`: NATS nkey. */
export interface NkeyAuthBlock {
  /** NATS nkey. */
  readonly type: 'nkey'
  /**
   * Seed of the nkey.
   * Secret: appears in no message.
   */
  readonly seed: string
}

/** A block `auth` with the type `none`: No credentials. */
export interface NoneAuthBlock {
  /** No credentials. */
  readonly type: 'none'
}

/**
 * A block `auth` with the type `oauth2`: Token from the client credentials grant (RFC 6749, section 4.4),
 * renewed before it expires.
 */
export interface OAuth2AuthBlock {
  /** Token from the client credentials grant (RFC 6749, section 4.4), renewed before it expires. */
  readonly type: 'oauth2'
  /** URL of the token endpoint, with https. Example: `"https://login.example.com/oauth2/token"`. */
  readonly token_url: string
  /** Id of the client at the authorization server. */
  readonly client_id: string
  /**
   * Secret of the client.
   * Secret: appears in no message.
   */
  readonly client_secret: string
  /** Scopes to request. Example: `["orders.read", "orders.write"]`. */
  readonly scopes?: string | readonly string[] | undefined
  /** Audience of the token. */
  readonly audience?: string | undefined
  /**
   * How to send the client secret: `basic` in the `Authorization` header, `post` in the body.
   * @defaultValue `"basic"`
   */
  readonly client_auth?: 'basic' | 'post' | undefined
  /**
   * Allows plain HTTP for a `token_url` on another machine.
   * @defaultValue `false`
   */
  readonly allow_http?: boolean | undefined
}

/** A block `auth` with the type `password`: Password, with an account if the server has several. */
export interface PasswordAuthBlock {
  /** Password, with an account if the server has several. */
  readonly type: 'password'
  /** Account name. */
  readonly username?: string | undefined
  /**
   * Password.
   * Secret: appears in no message.
   */
  readonly password: string
}

/** The `protobuf` block: Message types of payloads in the format `protobuf`. */
export interface ProtobufBlock {
  /** One or several `.proto` files. Example: `"./orders.proto"`. */
  readonly proto?: string | readonly string[] | undefined
  /** Folders to search for imports of the `.proto` files. */
  readonly include?: string | readonly string[] | undefined
  /**
   * File with a `FileDescriptorSet`, in place of `proto`, as written by `protoc --include_imports
   * --descriptor_set_out=FILE` or `buf build`.
   * A path, relative to the working folder.
   */
  readonly descriptor_set?: string | undefined
  /**
   * Full name of the message type of payloads. The format `protobuf:pkg.Other` selects another one for a
   * single operation. Example: `"shop.Order"`.
   */
  readonly message: string
}

/** The `rate_limit` block: Limits the rate of requests. Example: `rate_limit { requests = 100 }`. */
export interface RateLimitBlock {
  /**
   * Number of requests allowed per period.
   * A number of at least 0.001.
   */
  readonly requests: number
  /**
   * Length of the period.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"1s"`
   */
  readonly per?: Duration | undefined
  /**
   * Number of requests allowed at once after a pause. Default: `requests`.
   * A whole number of at least 1.
   */
  readonly burst?: number | undefined
  /**
   * What happens to requests beyond the rate: `wait` queues them within their deadline, `fail` rejects them
   * at once.
   * @defaultValue `"wait"`
   */
  readonly excess?: 'wait' | 'fail' | undefined
}

/** The `reconnect` block: How a lost connection is restored. */
export interface ReconnectBlock {
  /**
   * Whether to restore a lost connection.
   * @defaultValue `true`
   */
  readonly enabled?: boolean | undefined
  /**
   * Maximum number of consecutive attempts. -1 means no limit.
   * A whole number of at least -1.
   * @defaultValue `-1`
   */
  readonly max_attempts?: number | undefined
  /**
   * Delay before the first attempt. It doubles with each further attempt.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"1s"`
   */
  readonly delay?: Duration | undefined
  /**
   * Maximum delay. Default: `60s`, or `delay` if that is longer.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly max_delay?: Duration | undefined
  /**
   * What operations do while there is no connection: `wait` within their time limit, or `fail` at once.
   * @defaultValue `"wait"`
   */
  readonly offline?: 'wait' | 'fail' | undefined
}

/** The `config` block: Settings of the protocol. */
export interface RedisConfigBlock {
  /**
   * The database that every connection selects (SELECT). A cluster has only database 0.
   * A whole number from 0 to 65535.
   * @defaultValue `0`
   */
  readonly database?: number | undefined
  /**
   * How many connections may be open at a time: one for commands, one for subscriptions, one for answers to
   * calls, one for served methods, and one for each queue while it is consumed.
   * A whole number from 1 to 10000.
   * @defaultValue `32`
   */
  readonly pool_size?: number | undefined
  /**
   * The RESP version. Set 2 for a proxy that does not support HELLO.
   * @defaultValue `3`
   */
  readonly protocol?: 2 | 3 | undefined
  /**
   * A connection that has received nothing for this long sends PING, and is closed if it receives nothing for
   * the same time again.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10s"`
   */
  readonly keep_alive?: Duration | undefined
  /**
   * Publishes and subscribes with SPUBLISH and SSUBSCRIBE, so that a message stays within one shard of a
   * cluster (Redis 7).
   * @defaultValue `false`
   */
  readonly sharded?: boolean | undefined
  /**
   * The consumer group that shares the entries of a queue.
   * @defaultValue `"nemo-workers"`
   */
  readonly consumer_group?: string | undefined
  /**
   * The consumer name in the group; it must be unique to the process. The default is unique and stays the
   * same when the actor restarts.
   */
  readonly consumer?: string | undefined
  /**
   * Where a new group starts: with the oldest entry of the queue, or with entries added after the group was
   * created.
   * @defaultValue `"oldest"`
   */
  readonly start_from?: 'oldest' | 'newest' | undefined
  /**
   * The field of an entry that holds the payload; all other fields are headers. Without this field the
   * payload is an object of all fields, with text values.
   * @defaultValue `"payload"`
   */
  readonly payload_field?: string | undefined
  /**
   * How long a consumer may hold an entry without settling or renewing it before another consumer gets it.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly claim_after?: Duration | undefined
  /**
   * How long a blocking read waits before the reader checks for due entries.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"1s"`
   */
  readonly block?: Duration | undefined
  /**
   * How many deliveries an entry gets before it is dead-lettered; 0 sets no limit.
   * A whole number of at least 0.
   * @defaultValue `0`
   */
  readonly max_deliveries?: number | undefined
  /** The queue for dead letters; default `QUEUE:dead`. */
  readonly dead_letter?: string | undefined
  /**
   * How many entries a queue keeps after every group has acknowledged them; -1 keeps all. When absent,
   * entries added by `send` are removed and entries of other senders stay. An entry that some group has not
   * acknowledged is never removed.
   * A whole number of at least -1.
   */
  readonly max_len?: number | undefined
  /** Settings for calls and served methods. */
  readonly rpc?: RedisRpcBlock | undefined
  /** Treats the endpoint's addresses as sentinels, which report the master. */
  readonly sentinel?: RedisSentinelBlock | undefined
  /**
   * Treats the endpoint's addresses as nodes of a cluster.
   * @defaultValue `false`
   */
  readonly cluster?: boolean | undefined
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

/** A block `integration` of type `redis`. A connection to a service or broker. */
export interface RedisIntegrationBlock extends IntegrationAttributes {
  /** Protocol. */
  readonly type: 'redis'
  /** Settings of the protocol. */
  readonly config?: RedisConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"json"`
   */
  readonly format?: 'json' | 'msgpack' | 'binary' | 'protobuf' | undefined
  /** How the integration authenticates itself. */
  readonly auth?: NoneAuthBlock | PasswordAuthBlock | BasicAuthBlock | MtlsAuthBlock | undefined
}

/** The `rpc` block: Settings for calls and served methods. */
export interface RedisRpcBlock {
  /**
   * The prefix of all keys used for calls.
   * @defaultValue `"nemo:rpc"`
   */
  readonly prefix?: string | undefined
  /**
   * The consumer group that shares the requests for a method.
   * @defaultValue `"nemo-servers"`
   */
  readonly group?: string | undefined
  /**
   * How long a server counts as present after it last renewed its registration.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10s"`
   */
  readonly lease?: Duration | undefined
}

/** The `sentinel` block: Treats the endpoint's addresses as sentinels, which report the master. */
export interface RedisSentinelBlock {
  /** The name of the master that the sentinels watch. */
  readonly master: string
  /** The user name for the sentinels. */
  readonly username?: string | undefined
  /**
   * The password for the sentinels.
   * Secret: appears in no message.
   */
  readonly password?: string | undefined
  /**
   * Whether connections to the sentinels use the endpoint's TLS settings too.
   * @defaultValue `false`
   */
  readonly tls?: boolean | undefined
}

/** The `retry` block: Retries failed operations. Without this block nothing is retried. */
export interface RetryBlock {
  /**
   * Maximum number of attempts, including the first.
   * A whole number from 1 to 1000.
   * @defaultValue `3`
   */
  readonly max_attempts?: number | undefined
  /**
   * How the delays between attempts grow: `constant` stays at `initial`, `linear` adds `increment` each time,
   * `exponential` multiplies by `factor`.
   * @defaultValue `"exponential"`
   */
  readonly backoff?: 'constant' | 'linear' | 'exponential' | undefined
  /**
   * Delay before the second attempt.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"100ms"`
   */
  readonly initial?: Duration | undefined
  /**
   * Increment of a `linear` delay.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"100ms"`
   */
  readonly increment?: Duration | undefined
  /**
   * Maximum delay. Default: `10s`, or `initial` if that is longer.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly max?: Duration | undefined
  /**
   * Factor of an `exponential` delay.
   * A number from 1 to 100.
   * @defaultValue `2`
   */
  readonly factor?: number | undefined
  /**
   * Share of each delay that is random: 0.2 shortens it by up to 20 %.
   * A number from 0 to 1.
   * @defaultValue `0.2`
   */
  readonly jitter?: number | undefined
  /**
   * Classes of errors to retry. Default: every error that is `retryable`. Example: `["timeout",
   * "connection-reset"]`.
   */
  readonly retryable_errors?:
    | readonly ('timeout' | 'connection-reset' | 'service-unavailable' | 'rate-limited')[]
    | undefined
  /**
   * Limits all retries together, relative to the number of requests. `false` means no limit.
   * @defaultValue `true`
   */
  readonly budget?: boolean | RetryBudgetBlock | undefined
}

/** The `budget` block:  */
export interface RetryBudgetBlock {
  /**
   * Average number of retries per request.
   * A number from 0 to 10.
   * @defaultValue `0.2`
   */
  readonly share?: number | undefined
  /**
   * Number of retries per second that are always allowed.
   * A number of at least 0.
   * @defaultValue `10`
   */
  readonly min_per_second?: number | undefined
}

/** What every block `server` may have. */
export interface ServerAttributes {
  /** Address that the server listens on. */
  readonly listen: ListenBlock
  /** Announces the address of the server, so that a `discovery` finds it. */
  readonly announce?: AnnounceBlock | undefined
  /**
   * Time limit of one attempt to listen.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly timeout?: Duration | undefined
  /** How a failed listener is restored. Without this block: after `100ms`, doubling up to `5s`. */
  readonly reconnect?: ReconnectBlock | undefined
  /** Bounds of the mailbox between the host thread and the actor. */
  readonly mailbox?: MailboxBlock | undefined
  /** Resource limits of the actor. */
  readonly limits?: LimitsBlock | undefined
  /** How the actor is supervised and restarted. */
  readonly supervision?: SupervisionBlock | undefined
  /** Injects faults into the integration, to test supervision. Not for production. */
  readonly chaos?: ChaosBlock | undefined
  /** Not supported in this version. */
  readonly auth?: unknown
  /** Not supported in this version. */
  readonly method?: unknown
}

/**
 * The block `server`: Serves methods on a listener of the gateway. Server authentication is not implemented:
 * a server with `auth` does not start.
 */
export type ServerBlock = GrpcServerBlock | JsonRpcServerBlock | AnyServerBlock

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

/** The `supervision` block: How the actor is supervised and restarted. */
export interface SupervisionBlock {
  /**
   * When to restart the actor: `permanent` always, `transient` only after a crash, `temporary` never.
   * @defaultValue `"permanent"`
   */
  readonly restart?: 'permanent' | 'transient' | 'temporary' | undefined
  /**
   * Maximum number of restarts in the period `within`. With one more the actor counts as failed and stays
   * down.
   * A whole number of at least 0.
   * @defaultValue `10`
   */
  readonly max_restarts?: number | undefined
  /**
   * Period in which restarts are counted.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"60s"`
   */
  readonly within?: Duration | undefined
  /**
   * Delay before the second consecutive restart. It doubles with each further restart.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"100ms"`
   */
  readonly backoff?: Duration | undefined
  /**
   * Maximum delay. Default: a hundred times `backoff`.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly max_backoff?: Duration | undefined
  /**
   * How long an actor may send no heartbeat before it counts as stuck and is replaced.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"1s"`
   */
  readonly heartbeat?: Duration | undefined
  /**
   * How long the actor may take to stop before it is terminated.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"5s"`
   */
  readonly shutdown?: Duration | undefined
  /** Name of a `supervisor` block, whose strategy also restarts other members of the group. */
  readonly group?: string | undefined
  /**
   * Number of actors that one message may crash before it is dead-lettered.
   * A whole number of at least 1.
   * @defaultValue `3`
   */
  readonly poison_threshold?: number | undefined
  /**
   * Number of spare threads kept loaded, so that a restart is faster.
   * A whole number from 0 to 16.
   * @defaultValue `0`
   */
  readonly warm_spares?: number | undefined
}

/** The block `supervisor`: A group of integrations that are restarted together. */
export interface SupervisorBlock {
  /**
   * Which members restart when one crashes: `one_for_one` only that one, `one_for_all` all, `rest_for_one`
   * that one and those declared after it.
   * @defaultValue `"one_for_one"`
   */
  readonly strategy?: 'one_for_one' | 'one_for_all' | 'rest_for_one' | undefined
  /**
   * Maximum number of restarts in the period `within`. With one more the actor counts as failed and stays
   * down.
   * A whole number of at least 0.
   * @defaultValue `10`
   */
  readonly max_restarts?: number | undefined
  /**
   * Period in which restarts are counted.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"60s"`
   */
  readonly within?: Duration | undefined
}

/** The `tls` block:  */
export interface TlsBlock {
  /**
   * Whether to use TLS.
   * @defaultValue `true`
   */
  readonly enabled?: boolean | undefined
  /**
   * Whether to verify the certificate of the server.
   * @defaultValue `true`
   */
  readonly verify_server?: boolean | undefined
  /**
   * PEM file with the authority to trust. Default: the authorities of the system.
   * A path, relative to the working folder.
   */
  readonly ca_cert?: string | undefined
  /**
   * PEM file with the client certificate.
   * A path, relative to the working folder.
   */
  readonly client_cert?: string | undefined
  /**
   * PEM file with the key of `client_cert`.
   * A path, relative to the working folder.
   * Secret: appears in no message.
   */
  readonly client_key?: string | undefined
  /**
   * Host name that the certificate of the server must match, if it differs from the address. Example:
   * `"broker.example.com"`.
   */
  readonly server_name?: string | undefined
  /** Minimum version of TLS. */
  readonly min_version?: '1.2' | '1.3' | undefined
}

/** A block `auth` with the type `token`: NATS token. */
export interface TokenAuthBlock {
  /** NATS token. */
  readonly type: 'token'
  /**
   * Token.
   * Secret: appears in no message.
   */
  readonly token: string
}

/** The block `variable`: A value that is passed to the configuration and used as `var.NAME`. */
export interface VariableBlock {
  /** Value of the variable if none is given. */
  readonly default?: unknown
  /** Type of the value: `string`, `number`, `bool`, `any`, `list(…)` or `map(…)`. Example: `list(string)`. */
  readonly type?: string | undefined
  /** Purpose of the variable, for readers of the configuration. */
  readonly description?: string | undefined
  /** Whether to mask the value in every message. Default: only if the name sounds like a secret. */
  readonly sensitive?: boolean | undefined
}
