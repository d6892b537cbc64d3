import { isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect, createSecureContext } from 'node:tls'
import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js'
import type { AdapterContext } from '../../core/adapter.js'
import { ConnectionError } from '../../core/errors.js'
import type { TlsSettings } from '../../core/settings.js'
import { codeOf } from '../socket-failure.js'
import { readTlsOptions, type TlsOptions } from '../tls.js'

/** What channels prove and check, and why TLS failed when it did. */
export interface Credentials {
  readonly forChannels: ChannelCredentials
  /** The last error of a TLS connection, in Node's words. */
  readonly lastFailure: () => Error | undefined
  /** Whether a certificate is to prove who we are: then a server that ends the connection in silence means that. */
  readonly provesByCertificate: boolean
}

/**
 * The files are read anew each time, so that replaced ones are taken up.
 * @param host whom the certificate of the server has to be for; the address that is connected when absent
 * @throws ConnectionError for a file that cannot be read, or does not hold what it should
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
    throw new ConnectionError(`TLS: a file cannot be used: ${codeOf(cause) || 'unknown error'}`, {
      integration: settings.name,
      retryable: false,
    })
  }
}

type Connector = ReturnType<ChannelCredentials['_createSecureConnector']>
type ConnectorArguments = Parameters<ChannelCredentials['_createSecureConnector']>

/** The library's own make a server name of an IP address, which TLS forbids, and keep no error but its text. */
class TlsCredentials extends ChannelCredentials {
  lastFailure: Error | undefined
  readonly #options: ConnectionOptions
  readonly #host: string | undefined

  constructor({ rejectUnauthorized, servername: _, ...files }: TlsOptions, host: string | undefined) {
    super()
    this.#host = host
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
      const secured = connect(
        { ...this.#options, socket, host, ...(isIP(host) === 0 && { servername: host }) },
        () => resolve({ socket: secured, secure: true }),
      )
      // Stays: a server may refuse our certificate when the connection stands.
      secured.on('error', (error) => {
        this.lastFailure = error
        reject(error)
      })
    })
  }
}
