import type { LookupFunction } from 'node:net'
import type { TlsSettings } from './tls.js'

/** The addresses of a service, and how to reach them. */
export interface Endpoint {
  /** One or several; the adapter tries them in turn. */
  readonly addresses: readonly string[]
  /** The port of addresses that have none; the protocol's own when absent. */
  readonly port?: number
  /** The path, for protocols over HTTP. */
  readonly path?: string
  /** The TLS settings; absent without TLS. */
  readonly tls?: TlsSettings
  /** Resolves host names, as the option of `net.connect`; absent for the resolution of the system. */
  readonly lookup?: LookupFunction
}
