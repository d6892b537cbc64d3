export type { GrpcSchema, MethodSchema } from './grpc-schema.js'
export { type ReflectionLimits, schemaByReflection } from './reflection.js'
export { schemaFromDescriptorSet, schemaFromProto } from './sources.js'
export { decodeStatusDetails } from './status-details.js'
