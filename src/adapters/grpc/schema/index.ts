export type { GrpcSchema, MethodSchema } from './grpc-schema.js'
export { schemaByReflection } from './reflection.js'
export { schemaFromDescriptorSet, schemaFromProto } from './sources.js'
export { decodeStatusDetails } from './status-details.js'
