import type { FoundAddress } from '../core/discovery.js'

/** Finds addresses, once per call. */
export interface AddressSource {
  /** Finds the current addresses; the list may be empty. @throws ConnectionError if the lookup fails */
  find(signal: AbortSignal): Promise<readonly FoundAddress[]>
}
