// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { TlsBlock } from './tls.js'

/** The `endpoint` block: Address of the service. */
export interface EndpointBlock {
  /**
   * Host or URL, or a list of them that is tried in order. Not needed with `discovery`. Example:
   * `"https://api.example.com"` or `["mqtt-1.internal", "mqtt-2.internal"]`.
   */
  readonly address?: string | readonly string[] | undefined
  /**
   * Port. Default: the port of the protocol.
   * A whole number from 1 to 65535.
   */
  readonly port?: number | undefined
  /** Path, for protocols over HTTP. Example: `"/rpc"`. */
  readonly path?: string | undefined
  /** Secures the connection with TLS. Changed files apply to the next connection. */
  readonly tls?: boolean | TlsBlock | undefined
}
