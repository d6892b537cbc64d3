/** How a connection is secured: of an endpoint, or of a registry. */
export interface TlsBlock {
  /** Default true. */
  readonly enabled?: boolean
  /** Whether the certificate of the server is checked. Default true. */
  readonly verify_server?: boolean
  /** Paths, relative to the file that names them. */
  readonly ca_cert?: string
  readonly client_cert?: string
  readonly client_key?: string
  /** Whom the certificate of the server has to be for, where that is not the host of the address. */
  readonly server_name?: string
  readonly min_version?: '1.2' | '1.3'
}
