import { afterAll, describe, it } from 'vitest'
import { adapterCompliance } from '../../src/testing/index.js'
import { complianceGrpcService, complianceProto, topicNames } from '../support/grpc-service.js'

const proto = await complianceProto()
afterAll(() => proto.remove())

const FORMATS = [
  { title: 'gRPC', format: 'protobuf', files: { proto: proto.path } },
  { title: 'gRPC with JSON', format: 'json', files: {} },
] as const

for (const { title, format, files } of FORMATS) {
  const described = format === 'protobuf' ? proto.path : undefined
  let service = await complianceGrpcService(described)
  const { port } = service
  afterAll(() => service.close())

  adapterCompliance({
    name: title,
    integration: () => ({
      type: 'grpc',
      format,
      endpoint: { address: `127.0.0.1:${port}` },
      config: { ...files, service: 'compliance.Service' },
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
      retainForLate: false,
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
      'calling a method that nobody serves is an RpcError':
        'gRPC has a code of its own for that: 12, UNIMPLEMENTED',
    },
    address: topicNames(),
    served: true,
    harness: { describe, it },
    async restartBroker() {
      await service.close()
      service = await complianceGrpcService(described, port)
    },
  })
}
