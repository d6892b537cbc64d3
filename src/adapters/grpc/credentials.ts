import { isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect, createSecureContext } from 'node:tls'
import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js'
import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { TlsSettings } from '../../core/settings/tls.js'
import { explained } from '../handshake.js'
import { codeOf } from '../socket-failure.js'
import { readTlsOptions, type TlsOptions } from '../tls.js'
import type { TlsFiles } from '../tls-files.js'

/** The TLS credentials of channels, and why TLS last failed. */
export interface Credentials {
  readonly forChannels: ChannelCredentials
  /** Returns the last error of a TLS connection, as Node reported it. */
  readonly lastFailure: () => Error | undefined
  /** Whether the client sends a certificate. A server that closes silently has then probably rejected it. */
  readonly provesByCertificate: boolean
}

/**
 * Reads the certificate files and makes credentials. Reads them each time, so that replaced files apply to the next
 * connection.
 * @param host host name that the server's certificate must match; the connected address if absent
 * @throws ConnectionError if a file cannot be read or is malformed
 */
export async function channelCredentials(
  tls: TlsSettings | undefined,
  host: string | undefined,
  { settings, log }: Pick<AdapterContext, 'settings' | 'log'>,
): Promise<Credentials> {
  if (tls === undefined)
    return {
      forChannels: ChannelCredentials.createInsecure(),
      lastFailure: () => undefined,
      provesByCertificate: false,
    }
  const options = await readTlsOptions(tls, log)
  try {
    const secure = new TlsCredentials(options, tls.serverName ?? host)
    return {
      forChannels: secure,
      lastFailure: () => secure.lastFailure,
      provesByCertificate: tls.clientCert !== undefined || settings.auth.type === 'mtls',
    }
  } catch (cause) {
    throw new ConnectionError(
      `TLS: cannot use the certificate or key files: ${codeOf(cause) || 'unknown error'}`,
      {
        integration: settings.name,
        retryable: false,
      },
    )
  }
}

type Connector = ReturnType<ChannelCredentials['_createSecureConnector']>
type ConnectorArguments = Parameters<ChannelCredentials['_createSecureConnector']>

/**
 * Replaces the TLS credentials of grpc-js, which use an IP address as server name (forbidden in TLS) and keep only
 * the text of an error.
 */
class TlsCredentials extends ChannelCredentials {
  lastFailure: Error | undefined
  readonly #options: ConnectionOptions
  readonly #host: string | undefined
  readonly #files: TlsFiles

  constructor({ rejectUnauthorized, servername: _, ...files }: TlsOptions, host: string | undefined) {
    super()
    this.#host = host
    this.#files = files
    this.#options = {
      secureContext: createSecureContext(files),
      rejectUnauthorized,
      ALPNProtocols: ['h2'],
    }
  }

  _isSecure(): boolean {
    return true
  }

  _equals(other: ChannelCredentials): boolean {
    return this === other
  }

  _createSecureConnector(...[, , calls]: ConnectorArguments): Connector {
    return {
      connect: (socket) => this.#connect(socket),
      waitForReady: async () => {},
      getCallCredentials: () => calls ?? CallCredentials.createEmpty(),
      destroy: () => {},
    }
  }

  #connect(socket: Socket): ReturnType<Connector['connect']> {
    const host = this.#host ?? socket.remoteAddress ?? ''
    return new Promise((resolve, reject) => {
      const secured = explained(
        connect({ ...this.#options, socket, host, ...(isIP(host) === 0 && { servername: host }) }, () =>
          resolve({ socket: secured, secure: true }),
        ),
        this.#files,
      )
      // The listener stays, because in TLS 1.3 a server may reject our certificate after the handshake.
      secured.on('error', (error) => {
        this.lastFailure = error
        reject(error)
      })
    })
  }
}
