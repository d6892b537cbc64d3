import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** A TCP server on the loopback interface that does with each connection what it is told. */
export class FakeServer {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly port: number
  /** Connections that were made so far. */
  connections = 0

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  static async start(onConnection: (socket: Socket) => void): Promise<FakeServer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const fake = new FakeServer(server)
    server.on('connection', (socket) => {
      fake.connections++
      fake.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => fake.#sockets.delete(socket))
      onConnection(socket)
    })
    return fake
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}
