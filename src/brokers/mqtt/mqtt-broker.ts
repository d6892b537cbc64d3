import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { MessagePort } from 'node:worker_threads'
import { Aedes } from 'aedes'
import { sharedController, sharedSignal } from '../../core/abort.js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { BrokerAddress, BrokerContext, BrokerFactory, EmbeddedBroker } from '../embedded-broker.js'
import { boundStore, STORE_LIMITS, type Store } from './bounded-store.js'
import type { MqttListen } from './manifest.js'
import { PacketSize } from './packet-size.js'
import { SubscriptionLimit } from './subscription-limit.js'

/** How long clients may take to disconnect before their sockets are destroyed, in milliseconds. */
const STOP_MS = 1_000

/** An MQTT 3.1.1 broker on a TCP port. A client that violates the protocol loses only its own connection. */
class MqttBroker implements EmbeddedBroker {
  readonly #context: BrokerContext
  readonly #listen: { readonly address: string; readonly port: number }
  readonly #maxPacket: number
  readonly #filters = new SubscriptionLimit()
  readonly #aedes = new Aedes({ connectTimeout: 10_000, authorizeSubscribe: this.#filters.authorize })
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #full = new Set<string>()
  readonly #stopping = sharedController()
  #state: 'new' | 'running' | 'stopped' = 'new'

  constructor(context: BrokerContext) {
    const listen = context.listen as unknown as MqttListen
    this.#context = context
    this.#listen = listen
    this.#maxPacket = listen.max_packet
    this.#server = createServer((socket) => this.#accept(socket))
    this.#server.maxConnections = listen.max_connections
    this.#server.on('drop', () =>
      this.#log(`max_connections (${listen.max_connections}) reached: refused a connection`),
    )
    this.#filters.follow(this.#aedes)
    this.#aedes.on('clientError', (client, error) =>
      this.#log(`closed client ${client.id}: ${error.message}`),
    )
    this.#aedes.on('connectionError', (_, error) => this.#log(`closed a connection: ${error.message}`))
  }

  async start(signal: AbortSignal): Promise<BrokerAddress> {
    const either = sharedSignal([signal, this.#stopping.signal])
    either.throwIfAborted()
    await this.#aedes.listen()
    const { persistence } = this.#aedes as unknown as { readonly persistence: Store }
    boundStore(persistence, STORE_LIMITS, (client) => this.#dropped(client))
    // An error of the store must not end the thread.
    this.#aedes.on('error' as 'closed', ((error: Error) => this.#log(error.message)) as () => void)
    try {
      either.throwIfAborted()
      await this.#bind(either)
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#state = 'running'
    const { address, port } = this.#server.address() as AddressInfo
    return { address, port }
  }

  /** Closes the port: clients of this broker connect over the network. */
  attach(port: MessagePort): void {
    this.#log('refused a connection inside the process: use the TCP port of the MQTT broker')
    port.close()
  }

  async ping(): Promise<void> {
    if (this.#state !== 'running') throw new ConnectionError(`broker ${this.#context.name} is not running`)
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    // `start` may still be in flight.
    this.#stopping.abort(new ConnectionError(`broker ${this.#context.name} is stopped`))
    const cutAll = () => {
      for (const socket of this.#sockets) socket.destroy()
    }
    const closed = Promise.all([
      new Promise<void>((resolve) => this.#server.close(() => resolve())),
      // The remaining sockets never completed CONNECT.
      new Promise<void>((resolve) => this.#aedes.close(() => resolve())).then(cutAll),
    ])
    const cut = new Promise<void>((resolve) => {
      const timer = this.#context.clock.setTimer(STOP_MS, () => {
        cutAll()
        resolve()
      })
      void closed.then(() => timer.cancel())
    })
    await Promise.race([closed, cut])
  }

  #bind(signal: AbortSignal): Promise<void> {
    const { address, port } = this.#listen
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        signal.removeEventListener('abort', onAbort)
        const why = error.code === 'EADDRINUSE' ? 'the address is in use' : error.message
        const reason = `broker ${this.#context.name} cannot listen on ${address}:${port}: ${why}`
        reject(new ConnectionError(reason, { cause: error, retryable: false }))
      })
      this.#server.listen({ host: address, port }, () => {
        // The start was aborted before the server listened: close it.
        if (signal.aborted) return void this.#server.close()
        signal.removeEventListener('abort', onAbort)
        this.#server.removeAllListeners('error')
        this.#server.on('error', (error) => this.#log(error.message))
        resolve()
      })
    })
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.setNoDelay(true)
    const size = new PacketSize(this.#maxPacket)
    this.#aedes.handle(socket)
    // Only observes the data that the broker also reads.
    socket.on('data', (chunk: Buffer) => {
      if (size.accepts(chunk)) return
      socket.destroy(
        new Error(`a packet of more than ${this.#maxPacket} bytes (listen.max_packet), or malformed MQTT`),
      )
    })
  }

  /** Logs only the first drop for each client, because a flood of messages would otherwise flood the log. */
  #dropped(client: string): void {
    if (this.#full.has(client) || this.#full.size >= STORE_LIMITS.sessions) return
    this.#full.add(client)
    this.#log(
      `dropping messages for client ${client}: its queue is full (${STORE_LIMITS.queued} messages, or ${STORE_LIMITS.bytes} bytes in all)`,
    )
  }

  #log(message: string): void {
    this.#context.log({ level: 'warn', message: `mqtt broker: ${message}`, integration: this.#context.name })
  }
}

/** Creates an MQTT broker. */
export const createMqttBroker: BrokerFactory = (context) => new MqttBroker(context)
