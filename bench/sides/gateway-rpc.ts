import type { Gateway } from '../../src/index.js'
import type { Side } from '../measure/compare.js'
import { messagePool } from '../message.js'
import { NAME } from './gateway-pubsub.js'
import { runLanes } from './lanes.js'

/** Calls of the gateway. Closing it shuts the gateway down. */
export function gatewayCaller(gateway: Gateway, method: string, inFlight: number): Side {
  const client = gateway.rpc(NAME)
  const pool = messagePool()
  return {
    begin: async () => runLanes(inFlight, (n) => client.call(method, pool[n % pool.length]), true),
    close: () => gateway.shutdown(),
  }
}
