import type { Measure } from '../goals.js'
import { compareAndClose } from '../measure/compare.js'
import { GRPC } from '../protocols/grpc.js'
import { JSON_RPC, JSON_RPC_BATCHED } from '../protocols/json-rpc.js'
import { NATS_RPC } from '../protocols/nats.js'
import type { RpcProtocol } from '../protocols/rpc-protocol.js'
import { startGateway } from '../sides/gateway.js'
import { NAME } from '../sides/gateway-pubsub.js'
import { gatewayCaller } from '../sides/gateway-rpc.js'
import type { Scenario } from './scenario.js'

function calls(protocol: RpcProtocol, inFlight: 1 | 100): Scenario {
  const measures: readonly Measure[] =
    inFlight === 1
      ? ['added-latency', 'host-cpu-ratio', 'throughput-ratio']
      : ['host-cpu-ratio', 'throughput-ratio', 'loop-delay-ratio']
  return {
    name: `${protocol.name}-${inFlight === 1 ? 'one' : 'hundred'}`,
    title: `${protocol.title}, ${inFlight === 1 ? 'one call at a time' : `${inFlight} calls in flight`}`,
    measures,
    async run(plan) {
      const server = await protocol.startServer()
      try {
        const gateway = await startGateway({ [NAME]: protocol.integration(server.port) })
        const plain = await protocol.plainCaller(server.port, inFlight)
        return await compareAndClose(plain, gatewayCaller(gateway, protocol.method, inFlight), plan)
      } finally {
        await server.stop()
      }
    },
  }
}

export const RPC: readonly Scenario[] = [
  calls(JSON_RPC, 1),
  calls(JSON_RPC, 100),
  calls(JSON_RPC_BATCHED, 100),
  calls(GRPC, 1),
  calls(GRPC, 100),
  calls(NATS_RPC, 1),
  calls(NATS_RPC, 100),
]
