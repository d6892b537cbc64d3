import { LoadProcess } from '../load/load-process.js'
import type { FlooderOrder } from '../load/orders.js'
import { compareAndClose } from '../measure/compare.js'
import { NATS } from '../protocols/nats.js'
import { REDIS } from '../protocols/redis.js'
import { flooded } from '../sides/flooded.js'
import { gatewayRoute } from '../sides/gateway-route.js'
import { plainRoute } from '../sides/plain-route.js'
import type { Scenario } from './scenario.js'

/** The subjects of the flooder, as NATS writes them. */
const PATTERN = 'bench.>'

/** A route beside a plain program that does the same. */
export const ROUTES: readonly Scenario[] = [
  {
    name: 'route-nats-redis',
    title: 'route from NATS to Redis PUBLISH, flat out',
    measures: ['host-cpu', 'throughput-ratio'],
    async run(plan) {
      const [nats, redis] = await Promise.all([NATS.startBroker(), REDIS.startBroker()])
      const flooder = await LoadProcess.start<FlooderOrder>('./flooder.js', [nats.port, NATS.name])
      try {
        const plain = await plainRoute(nats.port, redis.port, PATTERN)
        const gateway = gatewayRoute(NATS.integration(nats.port), REDIS.integration(redis.port), PATTERN)
        return await compareAndClose(flooded(plain, flooder), flooded(gateway, flooder), plan)
      } finally {
        await flooder.stop()
        await Promise.all([nats.stop(), redis.stop()])
      }
    },
  },
]
