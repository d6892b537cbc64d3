// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { ExposeTopicsBlock } from './expose-topics.js'

/**
 * The `expose` block: JSON-RPC: what callers may subscribe to over a WebSocket. Nothing is exposed by
 * default.
 */
export interface ExposeBlock {
  /** `data` blocks that callers may subscribe to. */
  readonly data?: readonly string[] | undefined
  /**
   * Topics that callers may subscribe to, by the names that callers use. Example: `{ orders = { integration =
   * "events", topic = "orders/#" } }`.
   */
  readonly topics?: { readonly [name: string]: ExposeTopicsBlock } | undefined
}
