import { startNatsServer } from '../../test/support/nats-server.js'
import { LoadProcess } from '../load/load-process.js'
import { ALL_TOPICS } from '../message.js'
import {
  plainNatsCaller,
  plainNatsPublisher,
  plainNatsQueue,
  plainNatsSubscriber,
} from '../sides/plain-nats.js'
import type { BrokerProtocol } from './broker-protocol.js'
import type { RpcProtocol } from './rpc-protocol.js'

export const NATS: BrokerProtocol = {
  name: 'nats',
  title: 'NATS',
  inFlight: 1_000,
  pattern: ALL_TOPICS,
  startBroker: () => startNatsServer(),
  integration: (port) => ({
    type: 'nats',
    endpoint: { address: '127.0.0.1', port },
    config: { stream: { storage: 'file' } },
  }),
  plainPublisher: plainNatsPublisher,
  plainSubscriber: plainNatsSubscriber,
  plainQueue: plainNatsQueue,
}

const SUBJECT = 'echo'

export const NATS_RPC: RpcProtocol = {
  name: 'nats-rpc',
  title: 'NATS request and reply',
  method: SUBJECT,
  async startServer() {
    const broker = await startNatsServer({ jetstream: false })
    const service = await LoadProcess.start('./nats-echo.js', [broker.port, SUBJECT])
    return {
      port: broker.port,
      async stop() {
        await service.stop()
        await broker.stop()
      },
    }
  },
  integration: (port) => ({
    type: 'nats',
    endpoint: { address: '127.0.0.1', port },
    config: { jetstream: false },
  }),
  plainCaller: (port, inFlight) => plainNatsCaller(port, inFlight, SUBJECT),
}
