import { afterAll, describe, it } from 'vitest'
import { adapterCompliance } from '../../src/testing/index.js'
import { complianceWebSocketService } from '../support/compliance-websocket.js'
import { closedPort } from '../support/http-service.js'

let service = await complianceWebSocketService()
const { port } = service
afterAll(() => service.close())

adapterCompliance({
  name: 'JSON-RPC over WebSocket',
  integration: () => ({ type: 'json-rpc', endpoint: { address: `ws://127.0.0.1:${port}` } }),
  unreachable: async () => ({
    type: 'json-rpc',
    endpoint: { address: `ws://127.0.0.1:${await closedPort()}` },
  }),
  features: {
    call: true,
    notify: true,
    batch: true,
    serve: false,
    publish: true,
    subscribe: true,
    enqueue: false,
    dequeue: false,
    unknownMethod: true,
    wildcards: true,
    retain: false,
    qos: false,
    headers: false,
    backpressure: true,
    redelivery: false,
    attempts: false,
    delayedNack: false,
    competingConsumers: false,
    order: false,
    persistentQueue: false,
  },
  served: true,
  // JSON-RPC 2.0, section 4.2: parameters are arrays or objects.
  structured: true,
  harness: { describe, it, afterAll },
  async restartBroker() {
    await service.close()
    service = await complianceWebSocketService(port)
  },
})
