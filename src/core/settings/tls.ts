/** Certificates and checks for a TLS connection. The actor reads the files. */
export interface TlsSettings {
  /** Whether the certificate of the server is checked. */
  readonly verifyServer: boolean
  /** The path of the certificate of the authority to trust; default: the authorities of the system. */
  readonly caCert?: string
  /** The path of the certificate that we show. */
  readonly clientCert?: string
  /** The path of its key. */
  readonly clientKey?: string
  /** The host name that the certificate of the server must be valid for. Default: the host of the address. */
  readonly serverName?: string
  /** The minimum version of TLS. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}
