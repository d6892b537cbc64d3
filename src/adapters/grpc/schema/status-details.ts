import type { Value } from '../../../core/value.js'
import { typeOfUrl } from '../../../wire/protobuf/any.js'
import { MessageCodecs } from '../../../wire/protobuf/message-codec.js'
import { protobufSchema, writtenFile } from '../../../wire/protobuf/protobuf-schema.js'
import { ERROR_DETAILS_FILE, STATUS_FILE } from './google-rpc.js'
import type { GrpcSchema } from './grpc-schema.js'

const { registry } = protobufSchema([STATUS_FILE, ERROR_DETAILS_FILE].map(writtenFile))
const status = new MessageCodecs(registry).of(registry.getMessage('google.rpc.Status')!)

/**
 * Decodes the trailer `grpc-status-details-bin` into `{ code, message, details: [{ '@type', … }] }`. The types of
 * google/rpc/error_details.proto are built in; others come from the schema, and stay Base64 if it cannot decode
 * them.
 * @throws SerializeError if the bytes are not a google.rpc.Status
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
    // A malformed detail must not hide the failure itself.
    return detail as Value
  }
}
