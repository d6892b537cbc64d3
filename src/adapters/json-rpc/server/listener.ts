import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { AdapterContext } from '../../../core/adapter.js'
import type { Timer } from '../../../core/clock.js'
import { ConnectionError } from '../../../core/errors.js'
import type { ListenSettings } from '../../../core/settings.js'
import type { ListenAddress } from '../../../core/status.js'

export interface ListenerSettings {
  readonly integration: string
  readonly listen: ListenSettings
  readonly maxConnections: number
  readonly headerTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly keepAliveMs: number
}

/** How often connections are looked at for having taken too long, in milliseconds. */
const CHECK_MS = 1000

export interface Listener {
  readonly server: Server
  /** Looks at the files of the certificate until it is cancelled; absent without TLS. */
  readonly files: Timer | undefined
}

/** Listens. @throws ConnectionError when the port is taken or a file cannot be read, the signal's reason */
export async function listen(
  settings: ListenerSettings,
  { clock, log }: Pick<AdapterContext, 'clock' | 'log'>,
  signal: AbortSignal,
): Promise<Listener> {
  const { integration } = settings
  const { tls } = settings.listen
  const options = {
    // Node takes no longer one than the time-out of the whole request, where there is one.
    headersTimeout: Math.min(settings.headerTimeoutMs, settings.requestTimeoutMs || Number.POSITIVE_INFINITY),
    requestTimeout: settings.requestTimeoutMs,
    keepAliveTimeout: settings.keepAliveMs,
    connectionsCheckingInterval: CHECK_MS,
  }
  if (tls === undefined)
    return { server: await open(createServer(options), settings, signal), files: undefined }
  // Loaded on demand: it brings Node's crypto along.
  const { readListenerFiles, watchListenerFiles } = await import('../../tls-files.js')
  const files = await readListenerFiles(tls, integration)
  if (signal.aborted) throw signal.reason
  const wantsClient = tls.clientCa !== undefined
  const secure = createSecureServer({
    ...options,
    ...files,
    requestCert: wantsClient,
    rejectUnauthorized: wantsClient,
  })
  const server = await open(secure, settings, signal)
  // Connections that are open keep what they were made with.
  const timer = watchListenerFiles(tls, files, { integration, clock, log }, (replaced) =>
    secure.setSecureContext(replaced),
  )
  return { server, files: timer }
}

async function open(server: Server, settings: ListenerSettings, signal: AbortSignal): Promise<Server> {
  const { integration } = settings
  const { address, port } = settings.listen
  if (signal.aborted) throw signal.reason
  server.maxConnections = settings.maxConnections
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new ConnectionError(`cannot listen at ${address}, port ${port}: ${reasonOf(error)}`, {
          integration,
          cause: error,
        }),
      ),
    )
    server.listen({ host: address, port, signal }, resolve)
  })
  return server
}

/** Where it listens, once it does. */
export function addressOf(server: Server): ListenAddress {
  const { address, port } = server.address() as AddressInfo
  return { address, port }
}

/** Requests go to `handle`, those that wait for a permission to send their body included. */
export function onRequest(server: Server, handle: RequestListener): void {
  server.on('request', handle).on('checkContinue', handle)
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'it is in use'
  if (code === 'EACCES') return 'it takes a permission that we do not have'
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address'
  return message
}
