import { afterAll, describe, it } from 'vitest'
import { adapterCompliance } from '../../src/testing/index.js'
import { exampleModule } from '../support/example.js'
import { closedPort } from '../support/http-service.js'

const { startLineServer } = await exampleModule('custom-adapter/line-server.mjs')
let server = await startLineServer()
const { port } = server
afterAll(() => server.close())

adapterCompliance({
  name: 'the adapter of examples/custom-adapter',
  integration: () => ({
    type: './examples/custom-adapter/line-adapter.mjs',
    endpoint: { address: '127.0.0.1', port },
  }),
  unreachable: async () => ({
    type: './examples/custom-adapter/line-adapter.mjs',
    endpoint: { address: '127.0.0.1', port: await closedPort() },
  }),
  features: {
    call: false,
    notify: false,
    batch: false,
    serve: false,
    publish: true,
    subscribe: true,
    enqueue: false,
    dequeue: false,
    unknownMethod: false,
    wildcards: false,
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
  restartBroker: async () => {
    await server.close()
    server = await startLineServer(port)
  },
  harness: { describe, it, afterAll },
})
