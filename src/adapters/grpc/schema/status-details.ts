import type { Value } from '../../../core/value.js'
import { typeOfUrl } from '../../../wire/protobuf/any.js'
import { MessageCodecs } from '../../../wire/protobuf/message-codec.js'
import { protobufSchema, writtenFile } from '../../../wire/protobuf/protobuf-schema.js'
import { ERROR_DETAILS_FILE, STATUS_FILE } from './google-rpc.js'
import type { GrpcSchema } from './grpc-schema.js'

const { registry } = protobufSchema([STATUS_FILE, ERROR_DETAILS_FILE].map(writtenFile))
const status = new MessageCodecs(registry).of(registry.getMessage('google.rpc.Status')!)

/**
 * Reads the trailer `grpc-status-details-bin`: `{ code, message, details: [{ '@type', … }] }`. The details of
 * google/rpc/error_details.proto are known to all; others are looked up in the schema, and stay base64 text where
 * it does not have them or cannot read them.
 * @throws SerializeError when the bytes are no google.rpc.Status
 */
export function decodeStatusDetails(bytes: Uint8Array, schema: Pick<GrpcSchema, 'decodeAny'>): Value {
  const decoded = status.decode(bytes) as { readonly details?: readonly Detail[] }
  const { details = [] } = decoded
  return { ...decoded, details: details.map((detail) => withSchema(detail, schema)) }
}

type Detail = { readonly '@type'?: string; readonly value?: Value }

function withSchema(detail: Detail, schema: Pick<GrpcSchema, 'decodeAny'>): Value {
  const typeUrl = detail['@type']
  if (typeUrl === undefined || registry.getMessage(typeOfUrl(typeUrl)) !== undefined) return detail as Value
  try {
    return schema.decodeAny(typeUrl, Buffer.from(String(detail.value), 'base64'))
  } catch {
    // A detail that cannot be read must not hide the failure that it belongs to.
    return detail as Value
  }
}
