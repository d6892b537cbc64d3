/*
 * Published as `nemo-gateway/adapter`: the types and helpers for custom adapters. Exports nothing else, because a
 * worker thread loads all of it.
 */

export type {
  AdapterConsumer,
  AdapterContext,
  AdapterFactory,
  AdapterSubscription,
  Attempt,
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
export type { Capability } from './core/capability.js'
export type { Clock, Timer } from './core/clock.js'
export type { ConfigSchema, CustomManifest } from './core/custom-manifest.js'
export * from './core/errors.js'
export type { Random } from './core/random.js'
export type { AuthSettings, AuthType, Endpoint, IntegrationSettings, TlsSettings } from './core/settings.js'
export type { PoolFigures } from './core/status.js'
export type { Logger, LogLevel, LogRecord } from './core/telemetry.js'
export { topicMatches, topicNameFault, topicPatternFault } from './core/topic-pattern.js'
export type { Headers, Value } from './core/value.js'
export { type WireFormat, type WireLimits, wireFormat } from './wire/wire-format.js'
