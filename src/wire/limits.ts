import { SerializeError } from '../core/errors/operation.js'

/** Limits of encoded values. A payload beyond them is refused before it is parsed. */
export interface WireLimits {
  /** The maximum size of one encoded value in bytes. Default 16 MiB. */
  readonly maxBytes?: number
  /** How deep arrays and objects may be nested. Default 128. */
  readonly maxDepth?: number
}

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024
const DEFAULT_MAX_DEPTH = 128

/** Fills in the defaults. */
export function completeLimits(limits: WireLimits = {}): Required<WireLimits> {
  return {
    maxBytes: limits.maxBytes ?? DEFAULT_MAX_BYTES,
    maxDepth: limits.maxDepth ?? DEFAULT_MAX_DEPTH,
  }
}

/** Checks the size of an encoded value. @throws SerializeError if it exceeds the limit */
export function checkSize(size: number, maxBytes: number, format: string): void {
  if (size > maxBytes)
    throw new SerializeError(`${format}: ${size} bytes are more than the limit of ${maxBytes} bytes`)
}
