/**
 * Starts a gateway and gives the clients of its integrations.
 * @packageDocumentation
 */

export type { Message } from './client/message.js'
export type { PubSubClient } from './client/pubsub-client.js'
export type { QueueClient } from './client/queue-client.js'
export type { QueueConsumer } from './client/queue-consumer.js'
export type { QueueMessage } from './client/queue-message.js'
export type { RpcCall, RpcClient, RpcResult } from './client/rpc-client.js'
export type { Subscription } from './client/subscription.js'
export type { ConfigObject, ConfigSource } from './config/options.js'
export type * from './config/types/index.js'
export type { AdapterContext, AdapterFactory, ProtocolAdapter } from './core/adapter/protocol-adapter.js'
export type { Size } from './core/bytes.js'
export type { Capability } from './core/capability.js'
export type { ConfigIssue, ConfigSchema, ConfigVerdict, CustomManifest } from './core/custom-manifest.js'
export type { Diagnostic } from './core/diagnostic.js'
export type { Duration } from './core/duration.js'
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
export type { DeadMessage, EventName, EventValues, GatewayEvents } from './core/events.js'
export type { Identity } from './core/identity.js'
export type { Counter, Counts, RouteCounter, RouteCounts, RouteLevel } from './core/metrics.js'
export type {
  CallOptions,
  ConsumeOptions,
  FormatOption,
  NackOptions,
  OperationLimits,
  PublishOptions,
  ReceiveOptions,
  SendOptions,
  SubscribeOptions,
  TransformOption,
} from './core/operation-options.js'
export type { Overflow } from './core/overflow.js'
export type {
  BlockPlan,
  ChangedAttribute,
  PlanAction,
  PlanKind,
  ReloadFigures,
  ReloadTrait,
} from './core/reload-plan.js'
export type {
  ScriptContext,
  ScriptGateway,
  ScriptHandler,
  ScriptOperationOptions,
} from './core/script-context.js'
export type { Fault } from './core/settings/chaos.js'
export type {
  BreakerState,
  ConnectionFault,
  ConnectionState,
  HealthStatus,
  IntegrationStatus,
  ListenAddress,
  PoolFigures,
} from './core/status.js'
export type { Logger, LoggerMethods, LogLevel, LogRecord, LogSink } from './core/telemetry.js'
export type { Headers, Value } from './core/value.js'
export type { Action, ActionFigures } from './dataflow/actions/action.js'
export type { DataFigures, DataSource, DataStatus, RefreshOptions } from './dataflow/data-source.js'
export type { TriggerFigures } from './dataflow/triggers/trigger.js'
export type { Update, UpdateKind } from './dataflow/update.js'
export { Gateway } from './gateway.js'
export type {
  BrokerMetrics,
  GatewayMetrics,
  IntegrationMetrics,
  Latency,
  RouteMetrics,
  ServerMetrics,
} from './gateway-metrics.js'
export type { GatewayOptions, ReloadOptions } from './gateway-options.js'
export type { RequestContext, RpcHandler } from './router/rpc-routes.js'
export type { JsonSchema, MethodDescription } from './server/method-description.js'
export type { RpcServer } from './server/rpc-server.js'
export type { ConnectionInfo, ConnectionManager } from './supervisor/connection-manager.js'
