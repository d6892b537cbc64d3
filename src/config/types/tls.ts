// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `tls` block:  */
export interface TlsBlock {
  /**
   * Whether to use TLS.
   * @defaultValue `true`
   */
  readonly enabled?: boolean | undefined
  /**
   * Whether to verify the certificate of the server.
   * @defaultValue `true`
   */
  readonly verify_server?: boolean | undefined
  /**
   * PEM file with the authority to trust. Default: the authorities of the system.
   * A path, relative to the working folder.
   */
  readonly ca_cert?: string | undefined
  /**
   * PEM file with the client certificate.
   * A path, relative to the working folder.
   */
  readonly client_cert?: string | undefined
  /**
   * PEM file with the key of `client_cert`.
   * A path, relative to the working folder.
   * Secret: appears in no message.
   */
  readonly client_key?: string | undefined
  /**
   * Host name that the certificate of the server must match, if it differs from the address. Example:
   * `"broker.example.com"`.
   */
  readonly server_name?: string | undefined
  /** Minimum version of TLS. */
  readonly min_version?: '1.2' | '1.3' | undefined
}
