import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectSecure, type TLSSocket } from 'node:tls'
import type { Clock } from '../../core/clock.js'
import { codeOf, ENDED_AT_CERTIFICATE } from '../socket-failure.js'
import type { Target } from './target.js'

/** How long a server may take to say what it thinks of our certificate, in milliseconds. */
const VERDICT_MS = 100

/**
 * Makes a connection (with the TLS handshake, where there is one) and closes it again: undici itself connects
 * with the first request, and "connected" is to mean something before that.
 * @param tls absent for plain HTTP.
 * @throws the signal's reason, or the error of the socket
 */
export function probe(
  target: Target,
  tls: ConnectionOptions | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const socket = open(target, tls)
    /** Whether the handshake is over for us, and had a certificate of ours. */
    let shown = false
    const onAbort = () => {
      socket.destroy()
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const done = () => {
      socket.destroySoon()
      resolve()
    }
    if (tls === undefined) socket.once('connect', done)
    else
      socket.once('secureConnect', () => {
        shown = tls.cert !== undefined
        awaitVerdict(socket as TLSSocket, clock, done)
      })
    // Stays: an error that follows a success or an abort has nobody to tell.
    socket.on('error', (error) => {
      socket.destroy()
      reject(shown && codeOf(error) === 'ECONNRESET' ? refusedSilently(error) : error)
    })
    socket.once('close', () => {
      signal.removeEventListener('abort', onAbort)
      const error = new Error('the other side closed the connection')
      reject(shown ? refusedSilently(error) : error)
    })
  })
}

/**
 * In TLS 1.3 a client is through with the handshake before the server has looked at its certificate: what tells
 * that it was accepted is the ticket for the next session. A server without tickets says nothing, and is given time
 * to refuse.
 */
function awaitVerdict(socket: TLSSocket, clock: Clock, accepted: () => void): void {
  if (socket.getProtocol() !== 'TLSv1.3') return accepted()
  const timer = clock.setTimer(VERDICT_MS, accepted)
  socket.once('close', () => timer.cancel())
  socket.once('session', () => {
    timer.cancel()
    accepted()
  })
  // Unread, neither a ticket nor an alert is seen.
  socket.resume()
}

/** Some servers end the connection without saying that it is because of the certificate. */
function refusedSilently(cause: Error): Error {
  return Object.assign(new Error(cause.message, { cause }), { code: ENDED_AT_CERTIFICATE })
}

function open({ host, port, socketPath }: Target, tls: ConnectionOptions | undefined): Socket {
  const where = socketPath === undefined ? { host, port } : { path: socketPath }
  if (tls === undefined) return connectPlain(where)
  return connectSecure({ ...(isIP(host) === 0 && { servername: host }), ...tls, ...where })
}
