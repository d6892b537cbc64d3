import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import mqtt from 'mqtt'
import type { Gateway } from '../../src/index.js'
import { startMosquitto } from '../support/mosquitto.js'
import { startNatsServer } from '../support/nats-server.js'
import { startRedis } from '../support/redis-server.js'

type Receive = (n: number) => void

/** Another client of a broker, which knows nothing of the gateway. It sends and receives numbers as JSON. */
export interface Peer {
  /** The settings of an integration for the same broker. */
  readonly integration: Readonly<Record<string, unknown>>
  /** Resolves when the broker has accepted the message. */
  publish(topic: string, n: number): Promise<unknown>
  subscribe(topic: string, receive: Receive): Promise<unknown>
  /** Resolves when the broker has accepted the message. Rejects if nobody consumes the queue, and the broker wants that. */
  send(queue: string, n: number): Promise<unknown>
  /** Prepares to receive what is sent to a queue. */
  open(queue: string): Promise<unknown>
  /** The numbers that were sent to an opened queue. */
  sent(queue: string): Promise<readonly number[]>
  stop(): Promise<unknown>
}

const at = (port: number) => ({ endpoint: { address: '127.0.0.1', port } })
const read = (bytes: Uint8Array) => Number(new TextDecoder().decode(bytes))

export async function mqttPeer(): Promise<Peer> {
  const server = await startMosquitto()
  const client = () => mqtt.connectAsync(`mqtt://127.0.0.1:${server.port}`, { protocolVersion: 5 })
  // A client for each direction, so that messages do not wait for acknowledgements of the other one.
  const [sender, reader] = [await client(), await client()]
  const receivers = new Map<string, Receive>()
  reader.on('message', (topic, payload) => receivers.get(topic)?.(read(payload)))
  const queues = new Map<string, number[]>()
  const subscribe = (filter: string, topic: string, receive: Receive) => {
    receivers.set(topic, receive)
    return reader.subscribeAsync(filter, { qos: 1 })
  }
  const publish = (topic: string, n: number) => sender.publishAsync(topic, `${n}`, { qos: 1 })
  return {
    integration: { type: 'mqtt', format: 'json', ...at(server.port), config: { qos: 1 } },
    publish,
    subscribe: (topic, receive) => subscribe(topic, topic, receive),
    send: publish,
    open(queue) {
      const numbers: number[] = []
      queues.set(queue, numbers)
      return subscribe(`$share/others/${queue}`, queue, (n) => numbers.push(n))
    },
    sent: async (queue) => queues.get(queue)!,
    async stop() {
      await Promise.all([sender.endAsync(true), reader.endAsync(true)])
      await server.stop()
    },
  }
}

export async function natsPeer(): Promise<Peer> {
  const server = await startNatsServer()
  const client = await connect({ servers: server.url })
  const [stream, manager] = [jetstream(client), await jetstreamManager(client)]
  return {
    integration: { type: 'nats', format: 'json', ...at(server.port) },
    async publish(topic, n) {
      client.publish(topic, `${n}`)
      await client.flush()
    },
    async subscribe(topic, receive) {
      client.subscribe(topic, { callback: (_, message) => receive(read(message.data)) })
      await client.flush()
    },
    send: (queue, n) => stream.publish(queue, `${n}`, { msgID: `${queue}-${n}`, timeout: 30_000 }),
    open: async () => {},
    async sent(queue) {
      const name = await manager.streams.find(queue)
      const numbers: number[] = []
      const { first_seq, last_seq } = (await manager.streams.info(name)).state
      for (let seq = first_seq; seq <= last_seq; seq++) {
        const message = await manager.streams.getMessage(name, { seq })
        if (message) numbers.push(read(message.data))
      }
      return numbers
    },
    async stop() {
      await client.close()
      await server.stop()
    },
  }
}

export async function redisPeer(): Promise<Peer> {
  const server = await startRedis()
  const client = () => new Redis({ port: server.port })
  const [sender, reader] = [client(), client()]
  const receivers = new Map<string, Receive>()
  reader.on('message', (topic, payload) => receivers.get(topic)?.(Number(payload)))
  return {
    integration: { type: 'redis', format: 'json', ...at(server.port) },
    publish: (topic, n) => sender.publish(topic, `${n}`),
    subscribe(topic, receive) {
      receivers.set(topic, receive)
      return reader.subscribe(topic)
    },
    send: (queue, n) => sender.xadd(queue, '*', 'payload', `${n}`),
    open: async () => {},
    async sent(queue) {
      const entries = await sender.xrange(queue, '-', '+')
      return entries.map(([, fields]) => Number(fields[fields.indexOf('payload') + 1]))
    },
    async stop() {
      sender.disconnect()
      reader.disconnect()
      await server.stop()
    },
  }
}

/** A broker in the memory of the gateway has no other clients, so another integration takes their place. */
export function memoryPeer(gateway: () => Gateway, integration: string): Peer {
  const queues = new Map<string, number[]>()
  const queue = () => gateway().queue(integration)
  return {
    integration: { type: 'memory' },
    publish: (topic, n) => gateway().pubsub(integration).publish(topic, n),
    async subscribe(topic, receive) {
      const subscription = await gateway().pubsub(integration).subscribe(topic)
      void (async () => {
        for await (const { value } of subscription) receive(value as number)
      })()
    },
    send: (name, n) => queue().send(name, n),
    async open(name) {
      const numbers: number[] = []
      queues.set(name, numbers)
      void queue()
        .consume(name, { concurrency: 16 })
        .each(({ value }) => void numbers.push(value as number))
    },
    sent: async (name) => queues.get(name)!,
    stop: async () => {},
  }
}
