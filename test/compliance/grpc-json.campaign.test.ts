import { grpcCompliance } from '../support/grpc-compliance.js'

await grpcCompliance('gRPC with JSON', undefined)
