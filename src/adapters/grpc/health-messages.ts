import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** States of the health checking protocol (`grpc.health.v1.HealthCheckResponse.ServingStatus`). */
export const HEALTH = { unknown: 0, serving: 1, notServing: 2, serviceUnknown: 3 } as const

export const HEALTH_SERVICE = 'grpc.health.v1.Health'

/** Encodes a `HealthCheckRequest`. @param service name of a service; empty for the whole server */
export function healthRequest(service: string): Uint8Array {
  return new BinaryWriter().tag(1, WireType.LengthDelimited).string(service).finish()
}

/** Decodes the service of a `HealthCheckRequest`. @throws Error for malformed bytes */
export function serviceOf(request: Uint8Array): string {
  const reader = new BinaryReader(request)
  let service = ''
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (field === 1 && type === WireType.LengthDelimited) service = reader.string()
    else reader.skip(type, field)
  }
  return service
}

/** Encodes a `HealthCheckResponse`. */
export function healthResponse(state: number): Uint8Array {
  return new BinaryWriter().tag(1, WireType.Varint).int32(state).finish()
}

/** Decodes the state of a `HealthCheckResponse`. @throws Error for malformed bytes */
export function stateOf(response: Uint8Array): number {
  const reader = new BinaryReader(response)
  let state: number = HEALTH.unknown
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (field === 1 && type === WireType.Varint) state = reader.int32()
    else reader.skip(type, field)
  }
  return state
}
