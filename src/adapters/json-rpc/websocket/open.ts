import type { IncomingMessage } from 'node:http'
import { connect as connectPlain, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as connectSecure, type TLSSocket } from 'node:tls'
import WebSocket from 'ws'
import { ConnectionError } from '../../../core/errors/connection.js'
import { IntegrationError } from '../../../core/errors/integration-error.js'
import type { Logger } from '../../../core/telemetry.js'
import { explained } from '../../handshake.js'
import type { SecretMask } from '../../secret-mask.js'
import { codeOf, endedAtCertificate } from '../../socket-failure.js'
import { readTlsOptions } from '../../tls.js'
import { serviceFailure, statusText } from '../http-status.js'
import { socketError } from '../socket-error.js'
import type { Target } from '../target.js'

export interface OpenSettings {
  readonly integration: string
  /** Name, value, name, value. */
  readonly headers: readonly string[]
  /** Maximum size of a message in bytes. */
  readonly limit: number
  /** Current time in epoch milliseconds. */
  readonly now: () => number
  readonly log: Logger
  /** Masks our credentials in the server's texts. */
  readonly mask: SecretMask
}

export interface Opened {
  readonly socket: WebSocket
  /** The stream below the WebSocket. */
  readonly stream: Duplex
}

/** How long the server may take to close the socket after the closing handshake, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1000

/** Headers that describe a body; a handshake has none. */
const OF_A_BODY = new Set(['content-type', 'accept', 'accept-encoding'])

/**
 * Opens a WebSocket (RFC 6455, section 4.1). Reads the certificate files each time.
 * @throws ConnectionError, AuthError or RateLimitedError if the server refuses; the signal's reason
 */
export async function openSocket(
  target: Target,
  settings: OpenSettings,
  signal: AbortSignal,
): Promise<Opened> {
  const { integration } = settings
  const tls = target.tls && (await readTlsOptions(target.tls, settings.log).catch(withName(integration)))
  if (signal.aborted) throw signal.reason
  const path = target.socketPath
  /** Whether the TLS handshake is complete on our side and presented a certificate. */
  let shown = false
  const secure = (options: ConnectionOptions) =>
    secureSocket(target, { ...options, ...tls }).once('secureConnect', () => {
      shown = tls?.cert !== undefined
    })
  const connection =
    tls !== undefined
      ? { createConnection: secure as never }
      : path !== undefined && { createConnection: () => connectPlain({ path }) }
  const socket = new WebSocket(`${target.origin}${target.path}`, {
    ...connection,
    ...(target.lookup && { lookup: target.lookup }),
    headers: headersOf(settings.headers),
    maxPayload: settings.limit,
    perMessageDeflate: false,
    followRedirects: false,
    // Option of `ws` since 8.19; missing in its types.
    ...{ closeTimeout: CLOSE_TIMEOUT_MS },
  })
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      reject(signal.reason)
      socket.terminate()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    socket.on('unexpected-response', (request, response) => {
      reject(refusal(response, target, settings))
      request.destroy()
    })
    // The listener stays, because an error after the promise has settled would otherwise be uncaught.
    socket.on('error', (error) => {
      // Some servers reject our certificate after the handshake, without an alert.
      const refused = shown && codeOf(error) === 'ECONNRESET'
      reject(socketError(refused ? endedAtCertificate(error) : error, target.shown, { integration }))
    })
    socket.once('close', () =>
      reject(new ConnectionError(`${target.shown}: the handshake failed`, { integration })),
    )
    let stream: Duplex
    socket.once('upgrade', (response) => {
      stream = response.socket
    })
    socket.once('open', () => {
      signal.removeEventListener('abort', onAbort)
      resolve({ socket, stream })
    })
  })
}

function refusal(
  { statusCode = 0, headers }: IncomingMessage,
  target: Target,
  settings: OpenSettings,
): IntegrationError {
  const answer = { url: target.origin + target.path, status: statusCode, headers, body: Buffer.alloc(0) }
  return (
    serviceFailure(answer, settings) ??
    new ConnectionError(`expected a WebSocket, found ${statusText(statusCode)}`, {
      integration: settings.integration,
    })
  )
}

/** Connects over TLS, also to a Unix domain socket, which `ws` itself does not support. */
function secureSocket({ socketPath, host }: Target, options: ConnectionOptions): TLSSocket {
  const servername = isIP(host) === 0 ? host : ''
  return explained(connectSecure({ servername, ...options, path: socketPath }), options)
}

function headersOf(list: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let i = 0; i < list.length; i += 2) if (!OF_A_BODY.has(list[i]!)) headers[list[i]!] = list[i + 1]!
  return headers
}

function withName(integration: string) {
  return (error: unknown): never => {
    if (!(error instanceof IntegrationError)) throw error
    const { message, retryable, cause } = error
    throw new ConnectionError(message, { integration, retryable, cause })
  }
}
