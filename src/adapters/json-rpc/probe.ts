import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectSecure } from 'node:tls'
import type { Target } from './target.js'

/**
 * Makes a connection (with the TLS handshake, where there is one) and closes it again: undici itself connects
 * with the first request, and "connected" is to mean something before that.
 * @param tls absent for plain HTTP.
 * @throws the signal's reason, or the error of the socket
 */
export function probe(
  target: Target,
  tls: ConnectionOptions | undefined,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const socket = open(target, tls)
    const onAbort = () => {
      socket.destroy()
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      socket.destroySoon()
      resolve()
    })
    // Stays: an error that follows a success or an abort has nobody to tell.
    socket.on('error', (error) => {
      socket.destroy()
      reject(error)
    })
    socket.once('close', () => {
      signal.removeEventListener('abort', onAbort)
      reject(new Error('the other side closed the connection'))
    })
  })
}

function open({ host, port }: Target, tls: ConnectionOptions | undefined): Socket {
  if (tls === undefined) return connectPlain({ host, port })
  return connectSecure({ ...tls, host, port, ...(isIP(host) === 0 && { servername: host }) })
}
