import { connect as connectTcp, isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import { type BrokerAddress, showAddress } from './address.js'
import { interrupted, SocketFailed } from './errors.js'

const READ_BYTES = 65_536
/** The largest packet that MQTT can express: what is above `limits.frame` must come through to be skipped. */
const LARGEST_PACKET = 268_435_460

/**
 * Opens the byte stream to a broker. The socket is paused, and destroyed when `signal` aborts before it is open.
 * A WebSocket is returned while its handshake goes on: what fails then is an `error` of the stream.
 * @throws SocketFailed, the reason of `signal`
 */
export async function openSocket(
  address: BrokerAddress,
  tls: ConnectionOptions | undefined,
  signal: AbortSignal,
): Promise<Duplex> {
  const { transport, host, port } = address
  if (transport === 'ws' || transport === 'wss') {
    const stream = await openWebSocket(address, tls)
    stream.on('error', ignore)
    return stream
  }
  const socket =
    transport === 'tls'
      ? await openTls({ ...(isIP(host) === 0 && { servername: host }), ...tls, host, port })
      : openPlain(transport === 'unix' ? { path: host } : { host, port })
  socket.setNoDelay(true)
  // An error may come before the caller listens; it finds the socket destroyed then.
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
 * A socket that reads into one buffer over and over, and hands on a copy of what came. Without that each read takes
 * a new buffer of 64 KiB, and `pause` lets it read on until the stream is full.
 */
function openPlain(where: { host: string; port: number } | { path: string }): Socket {
  const socket: Socket = connectTcp({
    ...where,
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (size, buffer) => {
        // Not of the pool: whoever gets it may keep it or give it away.
        const chunk = Buffer.allocUnsafeSlow(size)
        chunk.set(buffer.subarray(0, size))
        socket.emit('data', chunk)
        return true
      },
    },
  })
  return socket
}

async function openTls(options: ConnectionOptions): Promise<Socket> {
  // As with WebSockets: most do without.
  const { connect } = await import('node:tls')
  return connect(options)
}

async function openWebSocket(
  { transport, host, port, path }: BrokerAddress,
  tls: ConnectionOptions | undefined,
): Promise<Duplex> {
  // Loading it takes longer than connecting, and most do without.
  const { createWebSocketStream, WebSocket } = await import('ws')
  const url = `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`
  const options = { ...tls, perMessageDeflate: false, maxPayload: LARGEST_PACKET }
  return createWebSocketStream(new WebSocket(url, 'mqtt', options))
}

function ignore(): void {}
