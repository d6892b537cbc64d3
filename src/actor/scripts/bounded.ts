import { formatBytes } from '../../core/bytes.js'
import { SerializeError } from '../../core/errors/operation.js'
import { prepareValue } from '../../core/prepare-value.js'
import type { Value } from '../../core/value.js'
import { sizeOf } from '../../transform/size.js'

/**
 * Makes the value that crosses to the host of what a function returns or passes to the gateway. The host would stand
 * still while it reads a large one.
 * @param most bytes
 * @throws SerializeError if it is larger, or cannot be prepared
 */
export function bounded(given: unknown, most: number): unknown {
  const value = prepareValue(given)
  const bytes = sizeOf(value as Value)
  if (bytes > most)
    throw new SerializeError(
      `the value has about ${formatBytes(bytes)}; "max_result" of the script allows ${formatBytes(most)}`,
    )
  return value
}
