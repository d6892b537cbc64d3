import { readFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { ConnectionError } from '../../../core/errors.js'
import type { ListenSettings, ListenTlsSettings } from '../../../core/settings.js'
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

/** Listens. @throws ConnectionError when the port is taken or a file cannot be read, the signal's reason */
export async function listen(settings: ListenerSettings, signal: AbortSignal): Promise<Server> {
  const { integration } = settings
  const { address, port, tls } = settings.listen
  const options = {
    headersTimeout: settings.headerTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    keepAliveTimeout: settings.keepAliveMs,
    connectionsCheckingInterval: CHECK_MS,
  }
  const files = tls && (await readFiles(tls, integration))
  if (signal.aborted) throw signal.reason
  const server = files === undefined ? createServer(options) : createSecureServer({ ...options, ...files })
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

async function readFiles(tls: ListenTlsSettings, integration: string): Promise<SecureContextOptions> {
  const read = async (what: string, path: string) => {
    try {
      return await readFile(path)
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
      throw new ConnectionError(`the ${what} file ${path} cannot be read: ${code}`, { integration, cause })
    }
  }
  const [cert, key, ca] = await Promise.all([
    read('certificate', tls.cert),
    read('key', tls.key),
    tls.clientCa === undefined ? undefined : read('client CA', tls.clientCa),
  ])
  return {
    cert,
    key,
    ...(ca !== undefined && { ca, requestCert: true, rejectUnauthorized: true }),
    ...(tls.minVersion !== undefined && { minVersion: tls.minVersion }),
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'it is in use'
  if (code === 'EACCES') return 'it takes a permission that we do not have'
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address'
  return message
}
