import { describe, it } from 'vitest'
import { adapterCompliance } from '../../src/testing/index.js'
import { closedPort } from '../support/http-service.js'

const NONE = {
  publish: false,
  subscribe: false,
  enqueue: false,
  dequeue: false,
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
}
const port = await closedPort()

adapterCompliance({
  name: 'JSON-RPC over HTTP, served by a server block',
  integration: () => ({ type: 'json-rpc', endpoint: { address: `http://127.0.0.1:${port}` } }),
  surroundings: {
    servers: { api: { type: 'json-rpc', listen: { port }, config: { max_request: '4MB' } } },
  },
  server: 'api',
  // Where nothing at all is served, callers are asked to come back.
  features: { ...NONE, call: true, notify: true, batch: true, serve: true, unknownMethod: false },
  // Each case has a gateway to itself: one that is shared would keep the port.
  harness: { describe, it },
})
