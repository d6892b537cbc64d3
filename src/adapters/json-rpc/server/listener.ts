import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { AdapterContext } from '../../../core/adapter/protocol-adapter.js'
import type { Timer } from '../../../core/clock.js'
import { ConnectionError } from '../../../core/errors/connection.js'
import type { LimitSettings } from '../../../core/settings/limits.js'
import type { ListenSettings } from '../../../core/settings/listen.js'
import type { ListenAddress } from '../../../core/status.js'
import { limitConnections } from '../../connection-limits.js'
import { listenReason } from '../../listen-reason.js'
import type { Refusals } from '../../refusals.js'

export interface ListenerSettings {
  readonly integration: string
  readonly listen: ListenSettings
  readonly limits: LimitSettings
  /** Maximum size of the headers of a request in bytes. */
  readonly maxHeaders: number
  readonly headerTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly keepAliveMs: number
}

/** How often connections are checked for time-outs, in milliseconds. */
const CHECK_MS = 1000

export interface Listener {
  readonly server: Server
  /** Watches the certificate files until cancelled; absent without TLS. */
  readonly files: Timer | undefined
}

/** Starts listening. @throws ConnectionError if the port is in use or a file cannot be read; the signal's reason */
export async function listen(
  settings: ListenerSettings,
  { clock, log }: Pick<AdapterContext, 'clock' | 'log'>,
  refusals: Refusals,
  signal: AbortSignal,
): Promise<Listener> {
  const { integration } = settings
  const { tls } = settings.listen
  const options = {
    // Node requires this to be at most `requestTimeout`, unless that is 0.
    headersTimeout: Math.min(settings.headerTimeoutMs, settings.requestTimeoutMs || Number.POSITIVE_INFINITY),
    requestTimeout: settings.requestTimeoutMs,
    keepAliveTimeout: settings.keepAliveMs,
    connectionsCheckingInterval: CHECK_MS,
    maxHeaderSize: settings.maxHeaders,
    // Requests without `Host` are refused by the access rules, which report them.
    requireHostHeader: false,
    // The flag --insecure-http-parser of the process must not let smuggled requests in.
    insecureHTTPParser: false,
  }
  if (tls === undefined)
    return {
      server: await open(closedAtExit(createServer(options)), settings, refusals, signal),
      files: undefined,
    }
  // Loaded on demand, because it loads Node's crypto.
  const { readListenerFiles, watchListenerFiles } = await import('../../tls-files.js')
  const files = await readListenerFiles(tls, integration)
  if (signal.aborted) throw signal.reason
  const wantsClient = tls.clientCa !== undefined
  const secure = closedAtExit(
    createSecureServer({
      ...options,
      ...files,
      requestCert: wantsClient,
      rejectUnauthorized: wantsClient,
      handshakeTimeout: settings.headerTimeoutMs,
    }),
  )
  const server = await open(secure, settings, refusals, signal)
  // Open connections keep the certificate of their handshake.
  const timer = watchListenerFiles(tls, files, { integration, clock, log }, (replaced) =>
    secure.setSecureContext(replaced),
  )
  return { server, files: timer }
}

/**
 * Closes the connections when the thread exits. Otherwise Node reads them once more without JavaScript: its HTTP parser and
 * its TLS then abort the process.
 */
function closedAtExit<S extends Server>(server: S): S {
  const sockets = new Set<Socket>()
  // The TCP connection below TLS. Its `destroy` closes the handle at once, so nothing more is read.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const close = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  process.on('exit', close)
  server.once('close', () => process.off('exit', close))
  return server
}

async function open(
  server: Server,
  settings: ListenerSettings,
  refusals: Refusals,
  signal: AbortSignal,
): Promise<Server> {
  const { integration } = settings
  const { address, port } = settings.listen
  if (signal.aborted) throw signal.reason
  limitConnections(server, settings.limits, refusals)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new ConnectionError(`cannot listen at ${address}, port ${port}: ${listenReason(error)}`, {
          integration,
          cause: error,
        }),
      ),
    )
    server.listen({ host: address, port, signal }, resolve)
  })
  return server
}

/** Returns the address of a listening server. */
export function addressOf(server: Server): ListenAddress {
  const { address, port } = server.address() as AddressInfo
  return { address, port }
}

/** Passes every request to `handle`, including those with `Expect: 100-continue`. */
export function onRequest(server: Server, handle: RequestListener): void {
  server.on('request', handle).on('checkContinue', handle)
}
