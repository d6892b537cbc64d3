import { createConnection, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ConnectionError } from '../../../core/errors.js'
import type { TlsOptions } from '../../tls.js'
import { type ServerAddress, whereOf } from './address.js'
import { connectionFailure } from './failures.js'
import { MalformedProtocol } from './parser.js'
import { parseInfo, type ServerInfo } from './server-info.js'

const LONGEST_INFO = 1_048_576

/** A server that has introduced itself. */
export interface Introduction {
  /** Paused. */
  readonly socket: Socket
  readonly info: ServerInfo
  /** What came behind INFO. */
  readonly rest: Buffer
}

/**
 * Opens the byte stream to a server and waits for its INFO; where TLS is wanted, the stream is secured then, as the
 * protocol has it.
 * @throws ConnectionError, AuthError (the server refuses our certificate)
 */
export async function openSocket(
  server: ServerAddress,
  tls: TlsOptions | undefined,
  signal: AbortSignal,
): Promise<Introduction> {
  const where = whereOf(server)
  const plain = createConnection({ host: server.host, port: server.port, noDelay: true })
  // An error may come between two steps, when nobody listens; the next step finds the socket destroyed.
  plain.on('error', ignore)
  await settled(where, plain, 'connect', signal)
  const introduction = await readInfo(where, plain, signal)
  const { info } = introduction
  if (tls === undefined) {
    if (!info.tlsRequired) return introduction
    plain.destroy()
    throw new ConnectionError(`${where} takes TLS connections only: the endpoint needs a tls block`, {
      retryable: false,
    })
  }
  if (!info.tlsRequired && !info.tlsAvailable) {
    plain.destroy()
    throw new ConnectionError(`${where} does not offer TLS, which the endpoint asks for`, {
      retryable: false,
    })
  }
  const { serverName } = server
  const secured = connectTls({
    socket: plain,
    ...tls,
    ...nameToCheck(serverName, tls),
  })
  secured.on('error', ignore)
  await settled(where, secured, 'secureConnect', signal)
  secured.pause()
  return { socket: secured, info, rest: Buffer.alloc(0) }
}

/** Whom the certificate has to be for. A name, unlike a number, is also told to the server. */
function nameToCheck(host: string, { servername }: TlsOptions): object {
  if (servername !== undefined) return {}
  return isIP(host) === 0 ? { servername: host } : { host }
}

/** Waits for an event of a socket, and destroys it when anything else happens. */
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

function readInfo(where: string, socket: Socket, signal: AbortSignal): Promise<Introduction> {
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
          ? new ConnectionError(`${where} does not speak NATS: it sent ${error.message}`)
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
          if (received.length > LONGEST_INFO) throw new MalformedProtocol('INFO without an end')
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

/** The first bytes tell what does not speak NATS, before more is kept. */
function checkBeginning(received: Buffer): void {
  const length = Math.min(received.length, 5)
  if (received.toString('latin1', 0, length) !== 'INFO '.slice(0, length))
    throw new MalformedProtocol('something else than INFO')
}

function ignore(): void {}
