import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { type BrokerAddress, showAddress } from './address.js'
import { interrupted, SocketFailed } from './errors.js'

const READ_BYTES = 65_536
/** The largest packet that MQTT can express: a packet above `limits.frame` must reach the framer to be skipped. */
const LARGEST_PACKET = 268_435_460

/** Called with each socket over TLS before it connects. */
export type OnTlsSocket = (socket: TLSSocket, options: ConnectionOptions) => void

/**
 * Opens a socket to a broker, paused; destroys it if `signal` aborts first. Returns a WebSocket during its handshake,
 * whose failure is an `error` event.
 * @param onTlsSocket called with a socket over TLS before it connects
 * @param lookup resolves host names; absent for the resolution of the system
 * @throws SocketFailed, the reason of `signal`
 */
export async function openSocket(
  address: BrokerAddress,
  tls: ConnectionOptions | undefined,
  onTlsSocket: OnTlsSocket,
  lookup: LookupFunction | undefined,
  signal: AbortSignal,
): Promise<Duplex> {
  const { transport, host, port } = address
  const place = { host, port, ...(lookup && { lookup }) }
  if (transport === 'ws' || transport === 'wss') {
    const stream = await openWebSocket(address, place, tls, onTlsSocket)
    stream.on('error', ignore)
    return stream
  }
  const socket =
    transport === 'tls'
      ? await openTls(place, tls, onTlsSocket)
      : openPlain(transport === 'unix' ? { path: host } : place)
  socket.setNoDelay(true)
  // An error may be emitted before the caller listens. Without a listener Node would throw it.
  socket.on('error', ignore)
  return new Promise((resolve, reject) => {
    const where = showAddress(address)
    let awaited = transport === 'unix' ? 'connection to the socket' : 'TCP connection'
    const onTcp = () => {
      awaited = 'TLS handshake'
    }
    if (transport === 'tls') socket.once('connect', onTcp)
    const finish = (error?: unknown) => {
      signal.removeEventListener('abort', onAbort)
      socket.off('error', finish)
      if (error === undefined) return resolve(socket)
      socket.destroy()
      reject(signal.aborted ? interrupted(signal, where, awaited) : new SocketFailed(where, error))
    }
    const onAbort = () => finish(signal.reason)
    socket.once(transport === 'tls' ? 'secureConnect' : 'connect', () => finish())
    socket.once('error', finish)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  })
}

/**
 * Opens a socket that reads into one reused buffer and emits copies. A default socket allocates 64 KiB for each read,
 * and after `pause` reads on until the stream's buffer is full.
 */
function openPlain(where: Place | { path: string }): Socket {
  const socket: Socket = connectTcp({
    ...where,
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (size, buffer) => {
        // Not from the pool: receivers may keep the chunk or transfer it.
        const chunk = Buffer.allocUnsafeSlow(size)
        chunk.set(buffer.subarray(0, size))
        socket.emit('data', chunk)
        return true
      },
    },
  })
  return socket
}

/** Where to connect over TCP: options of `net.connect`. */
interface Place {
  readonly host: string
  readonly port: number
  readonly lookup?: LookupFunction
}

async function openTls(
  where: Place,
  tls: ConnectionOptions | undefined,
  onTlsSocket: OnTlsSocket,
): Promise<TLSSocket> {
  // Loaded on first use, because most connections use neither TLS nor WebSocket.
  const { connect } = await import('node:tls')
  const options = { ...(isIP(where.host) === 0 && { servername: where.host }), ...tls, ...where }
  const socket = connect(options)
  onTlsSocket(socket, options)
  return socket
}

async function openWebSocket(
  { transport, host, port, path }: BrokerAddress,
  place: Place,
  tls: ConnectionOptions | undefined,
  onTlsSocket: OnTlsSocket,
): Promise<Duplex> {
  // Loaded on first use, because that takes longer than connecting.
  const { createWebSocketStream, WebSocket } = await import('ws')
  const url = `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`
  const socket = transport === 'wss' ? await openTls(place, tls, onTlsSocket) : undefined
  const connection = { createConnection: () => socket ?? connectTcp(place) }
  const options = { ...connection, perMessageDeflate: false, maxPayload: LARGEST_PACKET }
  return createWebSocketStream(new WebSocket(url, 'mqtt', options))
}

function ignore(): void {}
