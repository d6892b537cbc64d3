import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { explained } from '../handshake.js'
import type { TlsOptions } from '../tls.js'
import { formatAddress, type ServerAddress } from './endpoint.js'
import { socketFailure } from './failures.js'

const KEEP_ALIVE_MS = 30_000

/**
 * Opens a socket to a server. Destroys it if `signal` aborts before it is open.
 * @param tls TLS options; absent for a plain connection
 * @param lookup see `Endpoint`
 * @throws ConnectionError, AuthError (the server refuses our certificate)
 */
export function openSocket(
  address: ServerAddress,
  tls: TlsOptions | undefined,
  lookup: LookupFunction | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const { host, port, path } = address
  const place = path === undefined ? { host, port, ...(lookup && { lookup }) } : { path }
  const servername = path === undefined && isIP(host) === 0 ? { servername: host } : {}
  const socket =
    tls === undefined ? connectTcp(place) : explained(connectTls({ ...place, ...servername, ...tls }), tls)
  socket.setNoDelay(true)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  // An error may be emitted before the caller listens. Without a listener Node would throw it.
  socket.on('error', ignore)
  return new Promise((resolve, reject) => {
    const finish = (error?: unknown) => {
      signal.removeEventListener('abort', onAbort)
      socket.off('error', finish)
      if (error === undefined) return resolve(socket)
      socket.destroy()
      reject(socketFailure(formatAddress(address), error))
    }
    const onAbort = () => finish(signal.reason)
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => finish())
    socket.once('error', finish)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  })
}

/** Larger pieces are not copied. */
const LARGEST_COPY = 16_384

/**
 * Sends all writes of one turn together, which makes many concurrent commands cheap. Measured: 1.6 times the throughput
 * of the auto-pipelining of ioredis. Small writes are copied into one, which is cheaper than a vector of them.
 */
export function coalesceWrites(socket: Socket): void {
  const { write, end } = socket
  const small: (string | Uint8Array)[] = []
  let bytes = 0
  let isScheduled = false
  const sendSmall = () => {
    if (small.length === 0) return
    const chunk = small.length === 1 ? small[0] : joined(small, bytes)
    small.length = bytes = 0
    Reflect.apply(write, socket, [chunk])
  }
  const flush = () => {
    isScheduled = false
    if (socket.destroyed) return
    sendSmall()
    socket.uncork()
  }
  socket.write = function (this: Socket, ...args: unknown[]): boolean {
    const [chunk] = args as [string | Uint8Array]
    const size = typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.byteLength
    if (!isScheduled) {
      isScheduled = true
      socket.cork()
      process.nextTick(flush)
    }
    if (args.length === 1 && size <= LARGEST_COPY && !socket.writableEnded) {
      small.push(chunk)
      bytes += size
      return true
    }
    sendSmall()
    return Reflect.apply(write, socket, args) as boolean
  } as typeof socket.write
  socket.end = function (this: Socket, ...args: unknown[]): Socket {
    sendSmall()
    return Reflect.apply(end, socket, args) as Socket
  } as typeof socket.end
}

function joined(chunks: readonly (string | Uint8Array)[], bytes: number): Buffer {
  const all = Buffer.allocUnsafe(bytes)
  let at = 0
  for (const chunk of chunks)
    if (typeof chunk === 'string') at += all.write(chunk, at)
    else {
      all.set(chunk, at)
      at += chunk.byteLength
    }
  return all
}

/**
 * Passes incoming data through `filter` before any listener receives it.
 * @param filter returns the pieces that listeners receive instead of the chunk
 */
export function filterReads(socket: Socket, filter: (chunk: Buffer) => readonly Uint8Array[]): void {
  const emit = socket.emit
  socket.emit = function (this: Socket, event: string | symbol, ...args: unknown[]): boolean {
    if (event !== 'data') return Reflect.apply(emit, socket, [event, ...args]) as boolean
    for (const piece of filter(args[0] as Buffer)) Reflect.apply(emit, socket, [event, asBuffer(piece)])
    return true
  } as typeof socket.emit
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function ignore(): void {}
