import { expectTypeOf, test } from 'vitest'
import type { z } from 'zod'
import type { GrpcConfigInput, GrpcServerConfigInput } from '../../src/adapters/grpc/manifest.js'
import type { JsonRpcConfigInput, JsonRpcServerConfigInput } from '../../src/adapters/json-rpc/manifest.js'
import type { MqttConfigInput } from '../../src/adapters/mqtt/manifest.js'
import type { NatsConfigInput } from '../../src/adapters/nats/manifest.js'
import type { RedisConfigInput } from '../../src/adapters/redis/manifest.js'
import type { mqttListen } from '../../src/brokers/mqtt/manifest.js'
import type { brokerOf } from '../../src/config/schema/broker.js'
import type { integrationOf } from '../../src/config/schema/integration.js'
import type { on } from '../../src/config/schema/on.js'
import type { serverOf } from '../../src/config/schema/server.js'
import type { supervisor } from '../../src/config/schema/supervision.js'
import type { variable } from '../../src/config/schema/variable.js'
import type * as blocks from '../../src/config/types/index.js'

/** What a schema takes, as an object that is only read. */
type Written<T> = T extends readonly (infer Item)[]
  ? readonly Written<Item>[]
  : T extends object
    ? { readonly [Name in keyof T]: Written<T[Name]> }
    : T

/** Whether each of two types accepts every value of the other. */
type Interchangeable<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false

type Integration = Written<z.input<ReturnType<typeof integrationOf>>>
type Server = Written<z.input<ReturnType<typeof serverOf>>>
type Broker = Written<z.input<ReturnType<typeof brokerOf>>>

/** The generated type and the input of the schema that it was generated from. */
interface Pairs {
  integration: [blocks.CustomIntegrationBlock, Integration]
  grpc: [blocks.GrpcConfigBlock, Written<GrpcConfigInput>]
  jsonRpc: [blocks.JsonRpcConfigBlock, Written<JsonRpcConfigInput>]
  mqtt: [blocks.MqttConfigBlock, Written<MqttConfigInput>]
  nats: [blocks.NatsConfigBlock, Written<NatsConfigInput>]
  redis: [blocks.RedisConfigBlock, Written<RedisConfigInput>]
  server: [blocks.AnyServerBlock, Server]
  grpcServer: [blocks.GrpcServerConfigBlock, Written<GrpcServerConfigInput>]
  jsonRpcServer: [blocks.JsonRpcServerConfigBlock, Written<JsonRpcServerConfigInput>]
  broker: [blocks.AnyBrokerBlock, Broker]
  listen: [blocks.BrokerListenBlock, Written<z.input<typeof mqttListen>>]
  onBlock: [blocks.OnBlock, Written<z.input<typeof on>>]
  supervisor: [blocks.SupervisorBlock, Written<z.input<typeof supervisor>>]
  variable: [blocks.VariableBlock, Written<z.input<typeof variable>>]
}

type Checked = { [Pair in keyof Pairs]: Interchangeable<Pairs[Pair][0], Pairs[Pair][1]> }
type Names = { [Pair in keyof Pairs]: Interchangeable<keyof Pairs[Pair][0], keyof Pairs[Pair][1]> }
type Passed = { [Pair in keyof Pairs]: true }

// These hold or fail when the file is compiled (`npm run build`).
test('the generated types and the schemas take the same, attribute by attribute', () => {
  expectTypeOf<Checked>().toEqualTypeOf<Passed>()
  expectTypeOf<Names>().toEqualTypeOf<Passed>()
})

test('what a schema takes is a block, whether or not the compiler knows its type', () => {
  expectTypeOf<Integration>().toExtend<blocks.IntegrationBlock>()
  expectTypeOf<Server>().toExtend<blocks.ServerBlock>()
  expectTypeOf<Broker>().toExtend<blocks.BrokerBlock>()
})

test('a protocol has its own config, and only the kinds of auth that it can use', () => {
  expectTypeOf({
    type: 'mqtt',
    config: { qos: 1, keep_alive: '60s' },
  } as const).toExtend<blocks.MqttIntegrationBlock>()
  expectTypeOf({ type: 'mqtt', config: { qos: 3 } } as const).not.toExtend<blocks.MqttIntegrationBlock>()
  expectTypeOf({ type: 'memory', auth: { type: 'none' } } as const).toExtend<blocks.MemoryIntegrationBlock>()
  expectTypeOf({
    type: 'memory',
    auth: { type: 'bearer', token: 't' },
  } as const).not.toExtend<blocks.MemoryIntegrationBlock>()
})
