/** Certificates and checks for a TLS connection; the files are read by the actor. */
export interface TlsSettings {
  readonly verifyServer: boolean
  readonly caCert?: string
  readonly clientCert?: string
  readonly clientKey?: string
  /** Whom the certificate of the server has to be for, where that is not the host of the address. */
  readonly serverName?: string
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}
