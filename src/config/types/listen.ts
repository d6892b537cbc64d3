// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { ListenTlsBlock } from './listen-tls.js'

/** The `listen` block: Address that the server listens on. */
export interface ListenBlock {
  /**
   * Address to listen on. The default accepts connections only from this machine; `"0.0.0.0"` accepts them
   * from everywhere.
   * @defaultValue `"127.0.0.1"`
   */
  readonly address?: string | undefined
  /**
   * Port to listen on. 0 takes any free port, which the status and the event `connection:changed` report.
   * A whole number from 0 to 65535.
   */
  readonly port: number
  /** Path, for protocols over HTTP. Example: `"/rpc"`. */
  readonly path?: string | undefined
  /** `true` with `cert` and `key` beside it, or a block that contains them. */
  readonly tls?: boolean | ListenTlsBlock | undefined
  /**
   * PEM file with the certificate of the server.
   * A path, relative to the working folder.
   */
  readonly cert?: string | undefined
  /**
   * PEM file with the key of `cert`.
   * A path, relative to the working folder.
   */
  readonly key?: string | undefined
  /**
   * PEM file with an authority. Callers must present a certificate that it has signed.
   * A path, relative to the working folder.
   */
  readonly client_ca?: string | undefined
  /** Minimum version of TLS. */
  readonly min_version?: '1.2' | '1.3' | undefined
}
