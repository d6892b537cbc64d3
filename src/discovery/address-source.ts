import type { FoundAddress } from '../core/discovery.js'

/** Looks for addresses, once for each call. */
export interface AddressSource {
  /** @throws ConnectionError when it cannot tell; an empty list is an answer */
  find(signal: AbortSignal): Promise<readonly FoundAddress[]>
}
