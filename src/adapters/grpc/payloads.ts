import type { WireFormat } from '../../wire/wire-format.js'
import { asBuffer } from './bytes.js'
import type { Method } from './methods.js'

/** Converts between the payloads of topics and the messages of a method. */
export interface Payloads {
  /** @throws SerializeError that names the field */
  toRequest(method: Method, payload: Uint8Array): Buffer
  /** @throws SerializeError */
  fromResponse(method: Method, bytes: Buffer): Uint8Array
}

/**
 * Makes the converters.
 * @param payloadFormat format of the actor's payloads; absent if the actor reads the messages themselves
 */
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
