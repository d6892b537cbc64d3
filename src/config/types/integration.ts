// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { CustomIntegrationBlock } from './custom-integration.js'
import type { GrpcIntegrationBlock } from './grpc-integration.js'
import type { JsonRpcIntegrationBlock } from './json-rpc-integration.js'
import type { MemoryIntegrationBlock } from './memory-integration.js'
import type { MqttIntegrationBlock } from './mqtt-integration.js'
import type { NatsIntegrationBlock } from './nats-integration.js'
import type { RedisIntegrationBlock } from './redis-integration.js'

/** The block `integration`: A connection to a service or broker. */
export type IntegrationBlock =
  | GrpcIntegrationBlock
  | JsonRpcIntegrationBlock
  | MemoryIntegrationBlock
  | MqttIntegrationBlock
  | NatsIntegrationBlock
  | RedisIntegrationBlock
  | CustomIntegrationBlock
