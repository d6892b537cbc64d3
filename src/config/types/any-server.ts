// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { ServerAttributes } from './server-attributes.js'

/**
 * A block `server` of a type that the compiler does not know. Serves methods on a listener of the gateway.
 */
export interface AnyServerBlock extends ServerAttributes {
  /** Protocol. */
  readonly type: string
  /** Settings of the protocol. */
  readonly config?: { readonly [name: string]: unknown } | undefined
  /** Wire format of payloads. It must be a format of the protocol. */
  readonly format?: string | undefined
}
