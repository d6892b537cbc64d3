import { afterAll, describe, it } from 'vitest'
import { adapterCompliance } from '../../src/testing/index.js'
import { complianceGrpcService, topicNames } from './grpc-service.js'
import { closedPort } from './http-service.js'

/** Runs the compliance suite over gRPC. @param proto absent: JSON without a schema */
export async function grpcCompliance(name: string, proto: string | undefined): Promise<void> {
  let service = await complianceGrpcService(proto)
  const { port } = service
  afterAll(() => service.close())

  adapterCompliance({
    name,
    integration: () => ({
      type: 'grpc',
      format: proto === undefined ? 'json' : 'protobuf',
      endpoint: { address: `127.0.0.1:${port}` },
      config: {
        ...(proto !== undefined && { proto }),
        service: 'compliance.Service',
        // The server sends each message to all streams of a topic, without being asked.
        published_streams: 'reopen',
      },
    }),
    unreachable: async () => ({
      type: 'grpc',
      format: 'json',
      endpoint: { address: `127.0.0.1:${await closedPort()}` },
      config: { service: 'compliance.Service' },
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
    skips: {
      'a message above the limit that arrives on a topic is counted or a gap, and later ones arrive':
        'gRPC ends a stream over a message that is too large: the subscription ends with that error',
      'calling a method without a server is an RpcError':
        'gRPC has a code of its own for that: 12, UNIMPLEMENTED',
    },
    address: topicNames(),
    served: true,
    harness: { describe, it, afterAll },
    async restartBroker() {
      await service.close()
      service = await complianceGrpcService(proto, port)
    },
  })
}
