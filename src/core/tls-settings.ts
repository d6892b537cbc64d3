/** Certificates and checks for a TLS connection. The actor reads the files. */
export interface TlsSettings {
  readonly verifyServer: boolean
  readonly caCert?: string
  readonly clientCert?: string
  readonly clientKey?: string
  /** The host name that the certificate of the server must be valid for. Default: the host of the address. */
  readonly serverName?: string
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}
