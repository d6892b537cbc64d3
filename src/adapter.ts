/**
 * The types and helpers for custom adapters. Exports nothing else, because a worker thread loads all of it.
 * @packageDocumentation
 */

export type { Attempt } from './core/adapter/attempt.js'
export type {
  Access,
  AccessRefusal,
  Authentication,
  Caller,
  CallerCertificate,
  Credentials,
} from './core/adapter/authentication.js'
export type { AdapterSubscription, InboundMessage, MessageSink } from './core/adapter/inbound.js'
export type {
  AdapterContext,
  AdapterFactory,
  DeadLetterReport,
  LeftSession,
  ProtocolAdapter,
  RefusalReport,
} from './core/adapter/protocol-adapter.js'
export type { PublishOptions, PubSubFacet, SubscribeOptions } from './core/adapter/pubsub-facet.js'
export type {
  AdapterConsumer,
  EnqueueOptions,
  ExhaustedDelivery,
  InboundDelivery,
  QueueFacet,
} from './core/adapter/queue-facet.js'
export type { RpcCall, RpcFacet, RpcOutcome } from './core/adapter/rpc-facet.js'
export type { InboundRequest, ServiceFacet } from './core/adapter/service-facet.js'
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
export * from './core/errors/config.js'
export * from './core/errors/connection.js'
export type { ErrorClass, ErrorContext } from './core/errors/context.js'
export * from './core/errors/integration-error.js'
export type { ErrorKind } from './core/errors/kinds.js'
export * from './core/errors/lifecycle.js'
export * from './core/errors/limits.js'
export * from './core/errors/operation.js'
export * from './core/errors/pubsub.js'
export * from './core/errors/queue.js'
export * from './core/errors/retry-after.js'
export * from './core/errors/rpc.js'
export type { Identity } from './core/identity.js'
export type { IncomingAnswer, IncomingAnswers, Pausable } from './core/incoming-answers.js'
export type { Capacity, Overflow } from './core/overflow.js'
export type { Random } from './core/random.js'
export type { AuthSettings, AuthType, JwtSettings, OAuth2Settings } from './core/settings/auth.js'
export type {
  AccessRule,
  AuthenticationSettings,
  CertificateRule,
  CertificateRules,
  DpopSettings,
  IntrospectionSettings,
  JwtVerification,
  KeySetSettings,
  KeySettings,
  NamedCaller,
  Requirement,
  SchemeSettings,
  SchemeType,
  StaticTokens,
  StaticUsers,
  StoredSecret,
  TokenRules,
} from './core/settings/authentication.js'
export type { BreakerSettings } from './core/settings/breaker.js'
export type { Fault } from './core/settings/chaos.js'
export type { HealthCheckSettings, ReconnectSettings } from './core/settings/connection.js'
export type { Endpoint } from './core/settings/endpoint.js'
export type { IntegrationSettings } from './core/settings/integration.js'
export type {
  BulkheadSettings,
  CallerRateSettings,
  LimitSettings,
  MailboxSettings,
  RateLimitSettings,
} from './core/settings/limits.js'
export type { ListenSettings, ListenTlsSettings } from './core/settings/listen.js'
export type { ProtobufSettings } from './core/settings/protobuf.js'
export type { Backoff, RetryBudgetSettings, RetrySettings } from './core/settings/retry.js'
export type { TlsSettings } from './core/settings/tls.js'
export type { ListenAddress, PoolFigures } from './core/status.js'
export type { Logger, LogLevel, LogRecord } from './core/telemetry.js'
export { topicMatches, topicNameFault, topicPatternFault } from './core/topic-pattern.js'
export type { Headers, Value } from './core/value.js'
export { type WireFormat, type WireFormatOptions, type WireLimits, wireFormat } from './wire/wire-format.js'
