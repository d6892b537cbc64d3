import { afterAll } from 'vitest'
import { grpcCompliance } from '../support/grpc-compliance.js'
import { complianceProto } from '../support/grpc-service.js'

const proto = await complianceProto()
afterAll(() => proto.remove())

await grpcCompliance('gRPC', proto.path)
