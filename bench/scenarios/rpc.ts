import type { Measure } from '../goals.js'
import { LoadProcess } from '../load/load-process.js'
import { startGateway } from '../sides/gateway.js'
import { NAME } from '../sides/gateway-pubsub.js'
import { gatewayCaller, POOL_SIZE, plainCaller } from '../sides/rpc.js'
import { compareAndClose } from './mqtt-rig.js'
import type { Scenario } from './scenario.js'

function calls(
  name: string,
  title: string,
  inFlight: number,
  measures: readonly Measure[],
  config: object = {},
): Scenario {
  return {
    name,
    title,
    measures,
    async run(plan) {
      const server = await LoadProcess.start('./echo-server.js')
      try {
        const port = Number(server.ready)
        const gateway = await startGateway({
          [NAME]: {
            type: 'json-rpc',
            endpoint: { address: `http://127.0.0.1:${port}/` },
            config: { pool_size: POOL_SIZE, ...config },
          },
        })
        return await compareAndClose(plainCaller(port, inFlight), gatewayCaller(gateway, inFlight), plan)
      } finally {
        await server.stop()
      }
    },
  }
}

export const RPC: readonly Scenario[] = [
  calls('rpc-one', 'JSON-RPC over HTTP, one call at a time', 1, [
    'added-latency',
    'host-cpu-ratio',
    'throughput-ratio',
  ]),
  calls('rpc-hundred', 'JSON-RPC over HTTP, 100 calls in flight', 100, [
    'host-cpu-ratio',
    'throughput-ratio',
    'loop-delay-ratio',
  ]),
  calls(
    'rpc-hundred-batched',
    'JSON-RPC over HTTP, 100 calls in flight, batch_size = 50',
    100,
    ['host-cpu-ratio', 'throughput-ratio', 'loop-delay-ratio'],
    { batch_size: 50 },
  ),
]
