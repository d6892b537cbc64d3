import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { alertCode, CERTIFICATE_WANTED, ENDED_AT_CERTIFICATE, HANDSHAKE_FAILURE } from './socket-failure.js'

/**
 * Explains to `socketFailure` why a server ended a TLS handshake, before any other listener of `error`. Over TLS 1.2 a
 * server that requires a client certificate sends the same alert as one that supports none of our ciphers, or none, but
 * only after it has sent its own certificate.
 * @param options with our certificate, if we have one
 * @returns the socket
 */
export function explained<S extends TLSSocket>(socket: S, { cert }: Pick<ConnectionOptions, 'cert'>): S {
  let received = false
  const look = () => {
    received ||= Object.keys(socket.getPeerCertificate() ?? {}).length > 0
  }
  // Keys are derived after the certificate has arrived. When the socket fails, it may have forgotten it.
  socket.on('keylog', look)
  let isOpen = false
  socket.once('secureConnect', () => {
    isOpen = true
    socket.off('keylog', look)
  })
  socket.prependListener('error', (error: NodeJS.ErrnoException) => {
    if (isOpen || !received) return
    if (alertCode(error) === HANDSHAKE_FAILURE) error.code = CERTIFICATE_WANTED
    else if (error.code === 'ECONNRESET' && cert !== undefined) error.code = ENDED_AT_CERTIFICATE
  })
  return socket
}
