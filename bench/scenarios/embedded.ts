import { startNatsServer } from '../../test/support/nats-server.js'
import { LoadProcess } from '../load/load-process.js'
import type { FlooderOrder } from '../load/orders.js'
import { compareAndClose, observe } from '../measure/compare.js'
import { JSON_RPC } from '../protocols/json-rpc.js'
import { embeddedCaller, lineCounter, withCommand } from '../sides/embedded.js'
import { flooded } from '../sides/flooded.js'
import { startGateway } from '../sides/gateway.js'
import { NAME } from '../sides/gateway-pubsub.js'
import { gatewayCaller } from '../sides/gateway-rpc.js'
import { POOL_SIZE } from '../sides/plain-json-rpc.js'
import type { Scenario } from './scenario.js'

const messages: Scenario = {
  name: 'embed-messages',
  title: 'Messages of NATS over stdio to a program in Python that counts lines',
  measures: ['throughput'],
  async run(plan) {
    const broker = await startNatsServer({ jetstream: false })
    const flooder = await LoadProcess.start<FlooderOrder>('./flooder.js', [broker.port, 'nats'])
    const configuration = `integration "events" {
  type = "nats"
  endpoint {
    address = "127.0.0.1"
    port    = ${broker.port}
  }
  config {
    jetstream = false
  }
}
`
    try {
      return await withCommand(configuration, async (command) => {
        const side = await lineCounter(command)
        try {
          return await observe(flooded(side, flooder), plan)
        } finally {
          await side.close()
        }
      })
    } finally {
      await flooder.stop()
      await broker.stop()
    }
  },
}

const call: Scenario = {
  name: 'embed-call',
  title: 'JSON-RPC call over stdio, beside the same call inside the process, one at a time',
  measures: ['added-latency'],
  async run(plan) {
    const server = await JSON_RPC.startServer()
    const configuration = `integration "${NAME}" {
  type = "json-rpc"
  endpoint {
    address = "http://127.0.0.1:${server.port}/"
  }
  config {
    pool_size = ${POOL_SIZE}
  }
}
`
    try {
      return await withCommand(configuration, async (command) => {
        const gateway = await startGateway({ [NAME]: JSON_RPC.integration(server.port) })
        const inside = gatewayCaller(gateway, JSON_RPC.method, 1)
        return compareAndClose(inside, await embeddedCaller(command, NAME, JSON_RPC.method), plan)
      })
    } finally {
      await server.stop()
    }
  },
}

export const EMBEDDED: readonly Scenario[] = [messages, call]
