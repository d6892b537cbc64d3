// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/**
 * The `dpop` block: Accepts tokens that are bound to a key of the caller, with a proof in each request (DPoP,
 * RFC 9449).
 */
export interface AuthDpopBlock {
  /**
   * Refuses tokens that are not bound to a key.
   * @defaultValue `false`
   */
  readonly required?: boolean | undefined
  /**
   * How old a proof may be.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"60s"`
   */
  readonly max_age?: Duration | undefined
  /**
   * How many proofs are remembered, so that none is used twice; one key may have half of what others leave.
   * Beyond that, calls are refused as unavailable.
   * A whole number from 100 to 10000000.
   * @defaultValue `100000`
   */
  readonly max_proofs?: number | undefined
  /**
   * URL of the server as callers see it, if a proxy is in front of it. Example: `"https://api.example.com"`.
   */
  readonly public_url?: string | undefined
}
