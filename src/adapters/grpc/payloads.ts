import type { WireFormat } from '../../wire/wire-format.js'
import { asBuffer } from './bytes.js'
import type { Method } from './methods.js'

/** What topics carry between the actor and us, as the messages of a method. */
export interface Payloads {
  /** @throws SerializeError naming the field */
  toRequest(method: Method, payload: Uint8Array): Buffer
  /** @throws SerializeError */
  fromResponse(method: Method, bytes: Buffer): Uint8Array
}

/** @param payloadFormat what the actor encodes with, where it cannot read the messages themselves */
export function payloadsBy(payloadFormat: WireFormat | undefined): Payloads {
  if (payloadFormat === undefined)
    return {
      toRequest: (_, payload) => asBuffer(payload),
      fromResponse: (_, bytes) => bytes,
    }
  return {
    toRequest: (method, payload) => method.encodeRequest(payloadFormat.decode(payload)),
    fromResponse: (method, bytes) => payloadFormat.encode(method.decodeResponse(bytes)),
  }
}
