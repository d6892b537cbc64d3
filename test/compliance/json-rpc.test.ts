import { afterAll, describe, it } from 'vitest'
import { adapterCompliance } from '../../src/testing/index.js'
import { complianceHttpService } from '../support/compliance-service.js'
import { closedPort } from '../support/http-service.js'

let service = await complianceHttpService()
const { port } = service
afterAll(() => service.close())

adapterCompliance({
  name: 'JSON-RPC over HTTP',
  integration: () => ({ type: 'json-rpc', endpoint: { address: `http://127.0.0.1:${port}` } }),
  unreachable: async () => ({
    type: 'json-rpc',
    endpoint: { address: `http://127.0.0.1:${await closedPort()}` },
  }),
  features: {
    call: true,
    notify: true,
    batch: true,
    serve: false,
    publish: false,
    subscribe: false,
    enqueue: false,
    dequeue: false,
    unknownMethod: true,
    wildcards: false,
    retain: false,
    qos: false,
    headers: false,
    backpressure: false,
    redelivery: false,
    attempts: false,
    delayedNack: false,
    competingConsumers: false,
    order: false,
    persistentQueue: false,
  },
  served: true,
  harness: { describe, it, afterAll },
  async restartBroker() {
    await service.close()
    service = await complianceHttpService(port)
  },
})
