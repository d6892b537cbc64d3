import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { generate, type Packet, parser } from 'mqtt-packet'

/** What becomes of one packet: passed on, lost together with the connection, or passed on as the last one. */
export type Verdict = 'pass' | 'lose' | 'last'

/** A connection through the proxy. */
export interface Passage {
  readonly clientId: string
  readonly version: number
}

/** A TCP proxy that sees each MQTT packet and can cut the connection at it. */
export class PacketProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Decides on each packet that a client sends (`up`) or gets (`down`). */
  judge: (packet: Packet, direction: 'up' | 'down', passage: Passage) => Verdict = () => 'pass'

  private constructor(target: number) {
    this.#server = createServer((client) => this.#accept(client, connect(target, '127.0.0.1')))
  }

  static async start(target: number): Promise<PacketProxy> {
    const proxy = new PacketProxy(target)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Cuts all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #accept(client: Socket, broker: Socket): void {
    const passage = { clientId: '', version: 4 }
    for (const socket of [client, broker]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        broker.destroy()
      })
    }
    this.#pipe(client, broker, 'up', passage)
    this.#pipe(broker, client, 'down', passage)
  }

  #pipe(
    from: Socket,
    to: Socket,
    direction: 'up' | 'down',
    passage: { clientId: string; version: number },
  ): void {
    let reader: ReturnType<typeof parser> | undefined
    let isCut = false
    const onPacket = (packet: Packet) => {
      if (isCut) return
      if (packet.cmd === 'connect') {
        passage.clientId = packet.clientId
        passage.version = packet.protocolVersion ?? 4
      }
      const verdict = this.judge(packet, direction, passage)
      const bytes = generate(packet, { protocolVersion: passage.version })
      if (verdict === 'pass') {
        to.write(bytes)
        return
      }
      isCut = true
      if (verdict === 'last') to.end(bytes, () => from.destroy())
      else {
        to.destroy()
        from.destroy()
      }
    }
    from.on('data', (chunk: Buffer) => {
      reader ??= parser({ protocolVersion: passage.version }).on('packet', onPacket)
      reader.parse(chunk)
    })
  }
}
