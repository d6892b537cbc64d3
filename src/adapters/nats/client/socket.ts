import { createConnection, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ConnectionError } from '../../../core/errors/connection.js'
import { explained } from '../../handshake.js'
import type { TlsOptions } from '../../tls.js'
import { type ServerAddress, whereOf } from './address.js'
import { connectionFailure } from './failures.js'
import { MalformedProtocol } from './parser.js'
import { parseInfo, type ServerInfo } from './server-info.js'

const LONGEST_INFO = 1_048_576

/** A socket on which the server has sent INFO. */
export interface OpenedSocket {
  /** The socket is paused. */
  readonly socket: Socket
  readonly info: ServerInfo
  /** The bytes received after INFO. */
  readonly rest: Buffer
}

/**
 * Opens a socket to a server and waits for its INFO, then upgrades to TLS if wanted (NATS client protocol).
 * @throws ConnectionError, AuthError (the server refuses our certificate)
 */
export async function openSocket(
  server: ServerAddress,
  tls: TlsOptions | undefined,
  lookup: LookupFunction | undefined,
  signal: AbortSignal,
): Promise<OpenedSocket> {
  const where = whereOf(server)
  const plain = createConnection({
    host: server.host,
    port: server.port,
    noDelay: true,
    ...(lookup && { lookup }),
  })
  // An error may be emitted between two steps. Without a listener Node would throw it; the next step finds the socket
  // destroyed.
  plain.on('error', ignore)
  await settled(where, plain, 'connect', signal)
  const opened = await readInfo(where, plain, signal)
  const { info } = opened
  if (tls === undefined) {
    if (!info.tlsRequired) return opened
    plain.destroy()
    throw new ConnectionError(`${where} accepts only TLS connections: add a \`tls\` block to the endpoint`, {
      retryable: false,
    })
  }
  if (!info.tlsRequired && !info.tlsAvailable) {
    plain.destroy()
    throw new ConnectionError(`${where} does not offer TLS, but the endpoint requires it`, {
      retryable: false,
    })
  }
  const { serverName } = server
  const options = { socket: plain, ...tls, ...nameToCheck(serverName, tls) }
  const secured = explained(connectTls(options), tls)
  secured.on('error', ignore)
  await settled(where, secured, 'secureConnect', signal)
  secured.pause()
  return { socket: secured, info, rest: Buffer.alloc(0) }
}

/**
 * Returns the name that the certificate must have. Only a host name, not an IP address, is sent to the server (SNI).
 */
function nameToCheck(host: string, { servername }: TlsOptions): object {
  if (servername !== undefined) return {}
  return isIP(host) === 0 ? { servername: host } : { host }
}

/** Waits for an event of a socket. Destroys the socket if it fails or closes first. */
function settled(
  where: string,
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (error?: unknown) => {
      signal.removeEventListener('abort', onAbort)
      socket.off(event, onEvent).off('error', finish).off('close', onClose)
      if (error === undefined) return resolve()
      socket.destroy()
      reject(connectionFailure(where, error))
    }
    const onEvent = () => finish()
    const onClose = () => finish(new ConnectionError(`${where} closed the connection`))
    const onAbort = () => finish(signal.reason)
    socket.once(event, onEvent).once('error', finish).once('close', onClose)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  })
}

function readInfo(where: string, socket: Socket, signal: AbortSignal): Promise<OpenedSocket> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const leave = () => {
      signal.removeEventListener('abort', onAbort)
      socket.off('data', onData).off('error', fail).off('close', onClose)
      socket.pause()
    }
    const fail = (error: unknown) => {
      leave()
      socket.destroy()
      reject(
        error instanceof MalformedProtocol
          ? new ConnectionError(`${where} is not a NATS server: it sent ${error.message}`)
          : connectionFailure(where, error),
      )
    }
    const onClose = () => fail(new ConnectionError(`${where} closed the connection`))
    const onAbort = () => fail(signal.reason)
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      try {
        const end = received.indexOf('\r\n')
        checkBeginning(received)
        if (end === -1) {
          if (received.length > LONGEST_INFO) throw new MalformedProtocol('INFO that is too long')
          return
        }
        const info = parseInfo(received.subarray(4, end).toString())
        leave()
        resolve({ socket, info, rest: received.subarray(end + 2) })
      } catch (error) {
        fail(error)
      }
    }
    socket.on('data', onData).once('error', fail).once('close', onClose)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  })
}

/** Checks the first bytes, so that a server of another protocol is recognised early. */
function checkBeginning(received: Buffer): void {
  const length = Math.min(received.length, 5)
  if (received.toString('latin1', 0, length) !== 'INFO '.slice(0, length))
    throw new MalformedProtocol('something other than INFO')
}

function ignore(): void {}
