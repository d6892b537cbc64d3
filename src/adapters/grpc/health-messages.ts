import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** The states of the health checking protocol (`grpc.health.v1.HealthCheckResponse.ServingStatus`). */
export const HEALTH = { unknown: 0, serving: 1, notServing: 2, serviceUnknown: 3 } as const

export const HEALTH_SERVICE = 'grpc.health.v1.Health'

/** A `HealthCheckRequest`. @param service empty for the server as a whole */
export function healthRequest(service: string): Uint8Array {
  return new BinaryWriter().tag(1, WireType.LengthDelimited).string(service).finish()
}

/** The service that a `HealthCheckRequest` names. @throws Error for bytes that are none */
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

/** A `HealthCheckResponse`. */
export function healthResponse(state: number): Uint8Array {
  return new BinaryWriter().tag(1, WireType.Varint).int32(state).finish()
}

/** The state in a `HealthCheckResponse`. @throws Error for bytes that are none */
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
