import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { type ProxyFault, Pump } from './fault-pump.js'

export type { Direction, ProxyFault } from './fault-pump.js'

interface Connection {
  readonly client: Socket
  readonly server: Socket
  readonly pumps: readonly Pump[]
}

/** A TCP proxy on 127.0.0.1 that injects the faults of networks. Faults apply to open connections as well. */
export class FaultProxy {
  #fault: ProxyFault = { kind: 'none' }
  #listener: Server | undefined
  #port = 0
  #accepted = 0
  readonly #target: { readonly host: string; readonly port: number }
  readonly #connections = new Set<Connection>()

  private constructor(target: { host: string; port: number }) {
    this.#target = target
  }

  /** Listens on a free port and passes everything on to `port` of `host`, 127.0.0.1 when absent. */
  static async start(port: number, host = '127.0.0.1'): Promise<FaultProxy> {
    const proxy = new FaultProxy({ host, port })
    await proxy.accept()
    return proxy
  }

  get port(): number {
    return this.#port
  }

  /** Open connections. */
  get connections(): number {
    return this.#connections.size
  }

  /** Connections accepted since the start. */
  get accepted(): number {
    return this.#accepted
  }

  get fault(): ProxyFault {
    return this.#fault
  }

  /** Replaces whatever fault there was. */
  inject(fault: ProxyFault): void {
    this.#fault = fault
    for (const connection of this.#connections) for (const pump of connection.pumps) pump.inject(fault)
  }

  /** Passes everything again, what was held back first. */
  heal(): void {
    this.inject({ kind: 'none' })
  }

  /** Breaks every open connection with a TCP reset. */
  reset(): void {
    for (const connection of this.#connections) end(connection, 'reset')
  }

  /** Closes every open connection in order, with a FIN. */
  disconnect(): void {
    for (const connection of this.#connections) end(connection, 'close')
  }

  /** Connections are refused from now on, open ones stay. */
  refuse(): void {
    this.#listener?.close()
    this.#listener = undefined
  }

  /** Takes connections, on the same port after `refuse`. */
  async accept(): Promise<void> {
    if (this.#listener) return
    const listener = createServer({ allowHalfOpen: true }, (client) => this.#connect(client))
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject)
      listener.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#port = (listener.address() as { port: number }).port
    this.#listener = listener
  }

  /** Resets every connection and stops listening. */
  close(): void {
    this.refuse()
    this.reset()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #connect(client: Socket): void {
    this.#accepted++
    const server = createConnection({ ...this.#target, allowHalfOpen: true })
    for (const socket of [client, server]) socket.setNoDelay(true)
    const cut = (how: 'reset' | 'close') => end(connection, how)
    const toServer = new Pump(client, server, 'to-server', this.#fault, cut)
    const toClient = new Pump(server, client, 'to-client', this.#fault, cut)
    const connection: Connection = { client, server, pumps: [toServer, toClient] }
    this.#connections.add(connection)
    const onClose = (pump: Pump) => () => {
      // An end in order has been passed on by then; anything else is passed on as a reset, when it is its turn.
      pump.abort()
      if (client.destroyed && server.destroyed) this.#connections.delete(connection)
    }
    client.once('close', onClose(toServer)).on('error', () => {})
    server.once('close', onClose(toClient)).on('error', () => {})
  }
}

function end({ client, server, pumps }: Connection, how: 'reset' | 'close'): void {
  for (const pump of pumps) pump.stop()
  for (const socket of [client, server]) {
    if (how === 'reset') destroyWithReset(socket)
    else socket.end(() => socket.destroy())
  }
}

/**
 * `socket.resetAndDestroy()` ends the stream first, so that the other side may see an end in order before the
 * reset. This does what it does after that.
 */
function destroyWithReset(socket: Socket): void {
  Object.assign(socket, { resetAndClosing: true }).destroy()
}
