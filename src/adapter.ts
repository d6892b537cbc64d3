/*
 * Published as `nemo-gateway/adapter`: what an adapter of your own works with, and nothing that a worker thread
 * would load in vain.
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
