import { expect, test } from 'vitest'
import { operation, until } from '../../support/adapter-context.js'
import { complianceGrpcService } from '../../support/grpc-service.js'
import { connected, Listener } from './harness.js'

test('the loss of the server is reported once', async () => {
  const server = await complianceGrpcService(undefined)
  const { pubsub, context } = await connected(`127.0.0.1:${server.port}`)
  const sink = new Listener()
  await pubsub.subscribe('compliance.Topics/t1', {}, sink, operation())
  await server.close()
  const again = await complianceGrpcService(undefined, server.port)
  await until(() => context.lost.length > 0, 'the loss is reported')
  await again.close()
  expect(context.lost).toHaveLength(1)
  expect(sink.ends).toEqual([])
})
