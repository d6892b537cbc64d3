import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectSecure, type TLSSocket } from 'node:tls'
import type { Clock } from '../../core/clock.js'
import { explained } from '../handshake.js'
import { codeOf, endedAtCertificate } from '../socket-failure.js'
import type { Target } from './target.js'

/** How long to wait for a server to reject our certificate, in milliseconds. */
const VERDICT_MS = 100

/**
 * Opens a connection, with its TLS handshake, and closes it again. undici connects only with the first request, but
 * "connected" must mean that the server is reachable.
 * @param tls absent for plain HTTP
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
    /** Whether the handshake is complete on our side and presented a certificate. */
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
    // The listener stays, because an error after the promise has settled would otherwise be uncaught.
    socket.on('error', (error) => {
      socket.destroy()
      reject(shown && codeOf(error) === 'ECONNRESET' ? endedAtCertificate(error) : error)
    })
    socket.once('close', () => {
      signal.removeEventListener('abort', onAbort)
      const error = new Error('the other side closed the connection')
      reject(shown ? endedAtCertificate(error) : error)
    })
  })
}

/**
 * Waits until the server has accepted our certificate. In TLS 1.3 the client completes the handshake before the
 * server checks it; a session ticket proves acceptance, and a server that sends none gets `VERDICT_MS` to refuse.
 */
function awaitVerdict(socket: TLSSocket, clock: Clock, accepted: () => void): void {
  if (socket.getProtocol() !== 'TLSv1.3') return accepted()
  const timer = clock.setTimer(VERDICT_MS, accepted)
  socket.once('close', () => timer.cancel())
  socket.once('session', () => {
    timer.cancel()
    accepted()
  })
  // Tickets and alerts are processed only while the socket is read.
  socket.resume()
}

function open({ host, port, socketPath, lookup }: Target, tls: ConnectionOptions | undefined): Socket {
  const where = socketPath === undefined ? { host, port, ...(lookup && { lookup }) } : { path: socketPath }
  if (tls === undefined) return connectPlain(where)
  return explained(connectSecure({ ...(isIP(host) === 0 && { servername: host }), ...tls, ...where }), tls)
}
