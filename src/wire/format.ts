import type { Value } from '../core/value.js'

/**
 * How values look as bytes (specification, "Wire Formats"). Without state that a caller could see; both
 * directions are synchronous and throw nothing but `SerializeError`.
 */
export interface WireFormat {
  /** The name in the configuration. */
  readonly name: string
  /** The media type. */
  readonly contentType: string
  /**
   * The result is the caller's, but may be a view of a larger buffer: copy it before transferring its memory.
   * @throws SerializeError naming the member that cannot be carried, such as `$.items[3].at`
   */
  encode(value: Value): Uint8Array
  /** @throws SerializeError for bytes that are not of this format or exceed the limits */
  decode(bytes: Uint8Array): Value
}
