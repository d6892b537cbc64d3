import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

/** A connection of a client. */
export interface Peer {
  readonly socket: WebSocket
  readonly request: IncomingMessage
  /** What it has sent so far, as text. */
  readonly received: string[]
}

export interface WebSocketService {
  readonly url: string
  readonly port: number
  readonly peers: readonly Peer[]
  /** Sends a text to everybody. */
  broadcast(text: string): void
  /** Cuts every connection and stops listening. */
  close(): Promise<void>
}

export interface WebSocketServiceOptions {
  readonly port?: number
  /** Absent for plain WebSocket. */
  readonly tls?: ServerOptions
  /** Answers the handshake with this status instead of a WebSocket. */
  readonly refuse?: { readonly status: number; readonly headers?: Record<string, string> }
  /** Whom it lets in: everybody when absent; the others get the status 401. */
  readonly admits?: (request: IncomingMessage) => boolean
}

/** A WebSocket server on loopback. @param receive called with every text of a client */
export async function webSocketService(
  receive: (text: string, peer: Peer) => void,
  options: WebSocketServiceOptions = {},
): Promise<WebSocketService> {
  const { port = 0, tls, admits = () => true } = options
  const server = tls === undefined ? createServer() : createSecureServer(tls)
  const peers: Peer[] = []
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, stream, head) => {
    const refuse = options.refuse ?? (admits(request) ? undefined : { status: 401, headers: {} })
    if (refuse !== undefined) {
      const headers = Object.entries({ connection: 'close', 'content-length': '0', ...refuse.headers })
      const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      return stream.end(`HTTP/1.1 ${refuse.status} No\r\n${lines}\r\n`)
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      const peer: Peer = { socket, request, received: [] }
      peers.push(peer)
      socket.on('error', () => {})
      socket.on('message', (data) => {
        const text = String(data)
        peer.received.push(text)
        receive(text, peer)
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${bound}`,
    port: bound,
    peers,
    broadcast(text) {
      for (const { socket } of peers) if (socket.readyState === socket.OPEN) socket.send(text)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        for (const { socket } of peers) socket.terminate()
      }),
  }
}
