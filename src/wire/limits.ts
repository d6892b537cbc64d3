import { SerializeError } from '../core/errors.js'

/** How large a value or a message may be; whatever exceeds it is refused before it is parsed. */
export interface WireLimits {
  /** Bytes of one encoded value. Default 16 MiB. */
  readonly maxBytes?: number
  /** Arrays and objects within each other. Default 128. */
  readonly maxDepth?: number
}

export const DEFAULT_MAX_BYTES = 16 * 1024 * 1024
export const DEFAULT_MAX_DEPTH = 128

/** The limits with the defaults filled in. */
export function completeLimits(limits: WireLimits = {}): Required<WireLimits> {
  return {
    maxBytes: limits.maxBytes ?? DEFAULT_MAX_BYTES,
    maxDepth: limits.maxDepth ?? DEFAULT_MAX_DEPTH,
  }
}

/** @throws SerializeError when an encoded value of this size must not pass. */
export function checkSize(size: number, maxBytes: number, format: string): void {
  if (size > maxBytes)
    throw new SerializeError(`${format}: ${size} bytes are more than the limit of ${maxBytes} bytes`)
}
