import { lstat, unlink } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { systemClock } from '../core/clock.js'
import { MailboxFullError } from '../core/errors/limits.js'
import { failure } from './dispatcher.js'
import type { ClientStream } from './session.js'

const MOST_CLIENTS = 64
/** Further connections are closed without a word. */
const MOST_CONNECTIONS = 2 * MOST_CLIENTS
/** How long a client may take to read that it is not served. */
const REFUSED_WITHIN_MS = 1_000
/** Only the user may connect. */
const PRIVATE = 0o177

/** A Unix socket at which clients connect. */
export interface SocketServer {
  /** Stops listening and removes the path. Connections stay open. */
  close(): void
}

/**
 * Listens at a path. A socket that a process which has died has left behind is replaced; any other file is kept.
 * @param serve serves a client; when it resolves, the connection is closed
 * @throws Error if a process listens there, or the path cannot be used
 */
export async function listenAt(
  path: string,
  serve: (stream: ClientStream) => Promise<void>,
): Promise<SocketServer> {
  let clients = 0
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (clients >= MOST_CLIENTS) return refuse(socket)
    clients++
    socket.once('close', () => clients--)
    void serve({ input: socket, output: socket }).finally(() => socket.end())
  })
  server.maxConnections = MOST_CONNECTIONS
  try {
    await listen(server, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    const found = await lstat(path)
    if (!found.isSocket())
      throw new Error(`${path} exists and is not a socket: name another path`, { cause: error })
    if (await isAlive(path)) throw new Error(`a process listens at ${path} already`, { cause: error })
    await unlink(path)
    await listen(server, path)
  }
  return { close: () => server.close() }
}

/** Tells a client that it is not served. Reads on, because closing at once would discard what it has not read. */
function refuse(socket: Socket): void {
  const reason = `the gateway serves ${MOST_CLIENTS} programs already`
  socket.on('error', () => {})
  socket.resume()
  socket.end(`${JSON.stringify(failure(null, new MailboxFullError(reason)))}\n`)
  const timer = systemClock.setTimer(REFUSED_WITHIN_MS, () => socket.destroy(), { background: true })
  socket.once('close', () => timer.cancel())
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // The path is created inside `listen`, so nobody can connect before its mode is set.
    const mask = process.umask(PRIVATE)
    try {
      server.listen(path, () => {
        server.off('error', reject)
        resolve()
      })
    } finally {
      process.umask(mask)
    }
  })
}

/** @throws the error of the system if that cannot be found out */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket: Socket = createConnection(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') resolve(false)
      // Its queue is full.
      else if (error.code === 'EAGAIN') resolve(true)
      else reject(error)
    })
  })
}
