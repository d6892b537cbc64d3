// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `tls` block:  */
export interface ListenTlsBlock {
  /**
   * PEM file with the certificate of the server.
   * A path, relative to the working folder.
   */
  readonly cert: string
  /**
   * PEM file with the key of `cert`.
   * A path, relative to the working folder.
   */
  readonly key: string
  /**
   * PEM file with an authority. Callers must present a certificate that it has signed.
   * A path, relative to the working folder.
   */
  readonly client_ca?: string | undefined
  /** Minimum version of TLS. */
  readonly min_version?: '1.2' | '1.3' | undefined
}
