/**
 * The types and helpers for custom adapters. Exports nothing else, because a worker thread loads all of it.
 * @packageDocumentation
 */

export type {
  AdapterConsumer,
  AdapterContext,
  AdapterFactory,
  AdapterSubscription,
  Attempt,
  DeadLetterReport,
  EnqueueOptions,
  InboundDelivery,
  InboundMessage,
  InboundRequest,
  MessageSink,
  ProtocolAdapter,
  PublishOptions,
  PubSubFacet,
  QueueFacet,
  RpcCall,
  RpcFacet,
  RpcOutcome,
  ServiceFacet,
  SubscribeOptions,
} from './core/adapter.js'
export type { ByteBudget } from './core/byte-budget.js'
export type { Capability } from './core/capability.js'
export type { Clock, Timer } from './core/clock.js'
export type { ConfigIssue, ConfigSchema, ConfigVerdict, CustomManifest } from './core/custom-manifest.js'
export type {
  AnnounceSettings,
  Balance,
  DiscoverySettings,
  DiscoverySource,
  RedisRegistry,
} from './core/discovery.js'
export * from './core/errors.js'
export type { Capacity, Overflow } from './core/overflow.js'
export type { Random } from './core/random.js'
export type {
  AuthSettings,
  AuthType,
  Backoff,
  BreakerSettings,
  BulkheadSettings,
  Endpoint,
  Fault,
  HealthCheckSettings,
  IntegrationSettings,
  JwtSettings,
  LimitSettings,
  ListenSettings,
  ListenTlsSettings,
  MailboxSettings,
  OAuth2Settings,
  ProtobufSettings,
  RateLimitSettings,
  ReconnectSettings,
  RetryBudgetSettings,
  RetrySettings,
  TlsSettings,
} from './core/settings.js'
export type { ListenAddress, PoolFigures } from './core/status.js'
export type { Logger, LogLevel, LogRecord } from './core/telemetry.js'
export { topicMatches, topicNameFault, topicPatternFault } from './core/topic-pattern.js'
export type { Headers, Value } from './core/value.js'
export { type WireFormat, type WireFormatOptions, type WireLimits, wireFormat } from './wire/wire-format.js'
