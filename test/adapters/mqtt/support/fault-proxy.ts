import { connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP proxy on the loopback interface that breaks on demand. */
export class FaultProxy {
  readonly #server: Server
  readonly #clients = new Set<Socket>()
  readonly port: number
  /** Bytes that came from the clients. */
  sent = 0

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async start(target: number): Promise<FaultProxy> {
    const server = createServer({ pauseOnConnect: true })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const proxy = new FaultProxy(server, (server.address() as { port: number }).port)
    server.on('connection', (client) => proxy.#join(client, connect(target, '127.0.0.1')))
    return proxy
  }

  #join(client: Socket, upstream: Socket): void {
    this.#clients.add(client)
    client.on('error', () => {})
    upstream.on('error', () => {})
    client.on('close', () => {
      this.#clients.delete(client)
      // What the client had sent still arrives.
      upstream.end()
      upstream.resume()
    })
    upstream.on('close', () => client.destroy())
    client.on('data', (chunk: Buffer) => {
      this.sent += chunk.length
    })
    client.pipe(upstream)
    upstream.pipe(client)
  }

  /** Resets the connections of all clients; what they had sent reaches the target. */
  cut(): void {
    for (const client of this.#clients) client.resetAndDestroy()
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}
