/** Where a server listens; only for the actor of a `server` block. */
export interface ListenSettings {
  /** A host name or IP address. */
  readonly address: string
  /** 0 for any free port. */
  readonly port: number
  /** The path, for protocols over HTTP. */
  readonly path?: string
  /** The TLS settings; absent without TLS. */
  readonly tls?: ListenTlsSettings
}

/** The files of a listener, read by the actor. */
export interface ListenTlsSettings {
  /** The path of the certificate that callers see. */
  readonly cert: string
  /** The path of its key. */
  readonly key: string
  /** The authority that must have issued the certificate of each caller. */
  readonly clientCa?: string
  /** The minimum version of TLS. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}
