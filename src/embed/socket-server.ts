import { unlink } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import type { ClientStream } from './session.js'

const MOST_CLIENTS = 64
/** Only the user may connect. */
const PRIVATE = 0o177

/** A Unix socket at which clients connect. */
export interface SocketServer {
  /** Stops listening and removes the path. Connections stay open. */
  close(): void
}

/**
 * Listens at a path, which a process that has died may have left behind.
 * @param serve serves a client; when it resolves, the connection is closed
 * @throws Error if a process listens there, or the path cannot be used
 */
export async function listenAt(
  path: string,
  serve: (stream: ClientStream) => Promise<void>,
): Promise<SocketServer> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    void serve({ input: socket, output: socket }).finally(() => socket.end())
  })
  server.maxConnections = MOST_CLIENTS
  try {
    await listen(server, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    if (await isAlive(path)) throw new Error(`a process listens at ${path} already`, { cause: error })
    await unlink(path)
    await listen(server, path)
  }
  return { close: () => server.close() }
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

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: Socket = createConnection(path)
    const end = (alive: boolean) => {
      socket.destroy()
      resolve(alive)
    }
    socket.once('connect', () => end(true))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => end(code !== 'ECONNREFUSED'))
  })
}
