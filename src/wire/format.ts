import type { Value } from '../core/value.js'

/**
 * Encodes values to bytes and decodes them. Both methods are synchronous, independent of earlier calls, and throw only
 * `SerializeError`.
 */
export interface WireFormat {
  /** The name in the configuration. */
  readonly name: string
  /** The media type. */
  readonly contentType: string
  /**
   * Encodes a value.
   * @returns bytes that the caller owns; they may be a view of a larger buffer, so copy them before transferring
   * @throws SerializeError with the path of the member that cannot be carried, such as `$.items[3].at`
   */
  encode(value: Value): Uint8Array
  /**
   * Decodes a payload.
   * @param bytes one encoded value
   * @returns the value
   * @throws SerializeError for bytes that are not of this format or exceed the limits
   */
  decode(bytes: Uint8Array): Value
}
