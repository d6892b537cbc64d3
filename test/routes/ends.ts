import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import mqtt from 'mqtt'
import { Agent, request } from 'undici'
import type { Gateway } from '../../src/index.js'
import { httpService } from '../support/http-service.js'
import { startMosquitto } from '../support/mosquitto.js'
import { startNatsServer } from '../support/nats-server.js'
import type { OwnServer } from '../support/own-server.js'
import { startRedis } from '../support/redis-server.js'
import { waitFor } from '../support/wait-for.js'

/** One end of a route, with a client beside it that is not ours. */
interface End {
  readonly name: string
  /** The `integrations` or `servers` block; absent for an end inside the gateway. */
  readonly integration?: object
  readonly server?: object
  /** The jq query of a transform that this end needs: parameters are arrays, and the messages are numbers. */
  readonly query?: string
  /** Called when the gateway runs, for an end inside of it. */
  use?(gateway: Gateway): Promise<void> | void
  /** Ends the broker and starts it again with what it held. @returns as of `kill` */
  restart?(): Promise<readonly number[]>
  /**
   * Kills the broker with SIGKILL and starts it again.
   * @returns the numbers that the broker had taken and not made durable, which it may have lost
   */
  kill?(): Promise<readonly number[]>
  stop(): Promise<void>
}

/** The source: what is produced has been accepted by the broker, or answered by the server. */
export interface SourceEnd extends End {
  readonly from: object
  /** How many messages may be on their way to it and keep their order; no limit when absent. */
  readonly atOnce?: number
  produce(n: number): Promise<void>
}

/** The sink, as an independent client finds it. */
export interface SinkEnd extends End {
  readonly to: object
  /** The numbers that have arrived, in order. The next call adds to the same array. */
  found(): Promise<readonly number[]> | readonly number[]
}

/** How many messages a client asks for at once. */
const READ_AT_ONCE = 200

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function restarted(server: OwnServer): Promise<readonly number[]> {
  await server.restart()
  return []
}

/** Kills a server that acknowledges nothing before it is in its file. */
async function killed(server: OwnServer): Promise<readonly number[]> {
  await server.kill()
  await server.restart()
  return []
}

/**
 * Reads in the log of a killed Mosquitto what it had received and not yet written to its file. It acknowledges a
 * message before it writes, and writes all of them at once. A write is complete if anything is logged after it.
 */
export function notWritten(log: string): readonly number[] {
  const lines = log.trimEnd().split('\n')
  const written = lines.slice(0, -1).findLastIndex((line) => line.includes('Saving in-memory database'))
  return lines
    .slice(written + 1)
    .flatMap((line) => /Received PUBLISH from .*'(?:in|out)\/(\d+)'/.exec(line)?.[1] ?? [])
    .map(Number)
}

/** Repeats until it succeeds: the client beside must not lose what the broker has not accepted. */
async function until(task: () => Promise<unknown>): Promise<void> {
  for (;;)
    try {
      await task()
      return
    } catch {
      await pause(50)
    }
}

async function mosquitto() {
  const broker = await startMosquitto({
    config: [
      'persistence true',
      'autosave_on_changes true',
      'autosave_interval 100',
      'max_inflight_messages 0',
      'max_queued_messages 0',
    ],
  })
  const plain = await mqtt.connectAsync(broker.url, {
    protocolVersion: 5,
    reconnectPeriod: 50,
    clean: false,
    clientId: 'plain',
    properties: { sessionExpiryInterval: 3_600 },
  })
  plain.on('error', () => {})
  const integration = {
    type: 'mqtt',
    format: 'json',
    endpoint: { address: broker.url },
    config: { clean_session: false, client_id: 'route' },
  }
  const stop = async () => {
    await plain.endAsync(true)
    await broker.stop()
  }
  const kill = async () => {
    await broker.kill()
    const lost = notWritten(await broker.wholeLog())
    await broker.restart()
    return lost
  }
  /** Until then the broker has nobody to keep messages for. */
  const subscribed = async () =>
    void (await waitFor(() => broker.log.includes('Sending SUBACK to route'), {
      what: 'the route to subscribe',
    }))
  return { plain, subscribed, integration, restart: () => restarted(broker), kill, stop }
}

export async function mqttTopicSource(): Promise<SourceEnd> {
  const { plain, subscribed, ...end } = await mosquitto()
  return {
    name: 'MQTT topic',
    ...end,
    use: subscribed,
    from: { topic: 'in/#', qos: 1 },
    produce: (n) => until(() => plain.publishAsync(`in/${n}`, String(n), { qos: 1 })),
  }
}

export async function mqttTopicSink(): Promise<SinkEnd> {
  const { plain, subscribed: _, ...end } = await mosquitto()
  const found: number[] = []
  plain.on('message', (_topic, payload) => void found.push(Number(payload.toString())))
  await plain.subscribeAsync('out/#', { qos: 1 })
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the configuration
  return { name: 'MQTT topic', ...end, to: { topic: 'out/${message.payload}', qos: 1 }, found: () => found }
}

async function redis() {
  const server = await startRedis({ config: ['appendonly yes', 'appendfsync always'] })
  const plain = new Redis({
    port: server.port,
    maxRetriesPerRequest: null,
    retryStrategy: () => 50,
    autoResendUnfulfilledCommands: true,
  })
  plain.on('error', () => {})
  const integration = {
    type: 'redis',
    format: 'json',
    endpoint: { address: '127.0.0.1', port: server.port },
    config: { claim_after: '1s', block: '100ms' },
  }
  const stop = async () => {
    plain.disconnect()
    await server.stop()
  }
  return { plain, integration, restart: () => restarted(server), kill: () => killed(server), stop }
}

export async function redisStreamSource(): Promise<SourceEnd> {
  const { plain, ...end } = await redis()
  return {
    name: 'Redis stream',
    ...end,
    from: { queue: 'in' },
    produce: (n) => until(() => plain.xadd('in', '*', 'payload', String(n))),
  }
}

export async function redisStreamSink(): Promise<SinkEnd> {
  const { plain, ...end } = await redis()
  const found: number[] = []
  let last = '0'
  return {
    name: 'Redis stream',
    ...end,
    to: { queue: 'out' },
    async found() {
      for (const [id, fields] of await plain.xrange('out', `(${last}`, '+')) {
        found.push(Number(fields[fields.indexOf('payload') + 1]))
        last = id
      }
      return found
    },
  }
}

async function nats() {
  const server = await startNatsServer()
  const plain = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  const integration = {
    type: 'nats',
    format: 'json',
    endpoint: { address: '127.0.0.1', port: server.port },
    config: { consumer: { ack_wait: '1s' } },
  }
  const stop = async () => {
    await plain.close()
    await server.stop()
  }
  return { plain, integration, restart: () => restarted(server), kill: () => killed(server), stop }
}

export async function jetStreamSource(): Promise<SourceEnd> {
  const { plain, ...end } = await nats()
  const stream = jetstream(plain)
  return {
    name: 'JetStream',
    ...end,
    from: { queue: 'in' },
    produce: (n) => until(() => stream.publish('in', String(n), { msgID: `in-${n}`, timeout: 2_000 })),
  }
}

export async function jetStreamSink(): Promise<SinkEnd> {
  const { plain, ...end } = await nats()
  const manager = await jetstreamManager(plain)
  const found: number[] = []
  let next = 1
  /** Reads what is in the stream since the last time; a consumer would take it out. */
  const readMore = async () => {
    const name = await manager.streams.find('out')
    const { last_seq } = (await manager.streams.info(name)).state
    while (next <= last_seq) {
      const seqs = Array.from({ length: Math.min(READ_AT_ONCE, last_seq - next + 1) }, (_, i) => next + i)
      const messages = await Promise.all(seqs.map((seq) => manager.streams.getMessage(name, { seq })))
      next += seqs.length
      for (const message of messages)
        if (message !== null) found.push(Number(new TextDecoder().decode(message.data)))
    }
  }
  return {
    name: 'JetStream',
    ...end,
    to: { queue: 'out' },
    async found() {
      // While the server is away, or nothing has made the stream, there is nothing to read.
      await readMore().catch(() => {})
      return found
    },
  }
}

export async function jsonRpcSink(): Promise<SinkEnd> {
  const found: number[] = []
  const listen = (port = 0) =>
    httpService(({ text }, response) => {
      const { id, params } = JSON.parse(text) as { id: number; params: readonly [number] }
      found.push(params[0])
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: true }))
    }, port)
  let service = await listen()
  const { port, url } = service
  return {
    name: 'JSON-RPC call',
    integration: { type: 'json-rpc', endpoint: { address: url } },
    to: { method: 'take' },
    query: '[.payload]',
    found: () => found,
    async restart() {
      await service.close()
      await pause(200)
      service = await listen(port)
      return []
    },
    stop: () => service.close(),
  }
}

export async function jsonRpcServerSource(): Promise<SourceEnd> {
  let url = ''
  const agent = new Agent({ connections: 256, headersTimeout: 5_000, bodyTimeout: 5_000 })
  return {
    name: 'JSON-RPC server',
    server: { type: 'json-rpc', listen: { address: '127.0.0.1', port: 0 } },
    from: { method: 'put' },
    query: '.payload[0]',
    // Each call has its own connection.
    atOnce: 1,
    use(gateway) {
      const look = () => {
        const { listening } = gateway.connections.status('source')
        if (listening !== undefined) url = `http://127.0.0.1:${listening.port}/`
      }
      look()
      gateway.on('connection:changed', look)
    },
    produce: (n) =>
      until(async () => {
        const body = JSON.stringify({ jsonrpc: '2.0', id: n, method: 'put', params: [n] })
        const headers = { 'content-type': 'application/json' }
        const answer = await request(url, { dispatcher: agent, method: 'POST', body, headers })
        const { error } = (await answer.body.json()) as { error?: { message: string } }
        if (error !== undefined) throw new Error(error.message)
      }),
    stop: () => agent.destroy(),
  }
}

/** The memory broker is in the gateway, and so is its client. */
export async function memorySource(): Promise<SourceEnd> {
  let gateway: Gateway | undefined
  return {
    name: 'memory queue',
    integration: { type: 'memory', format: 'json' },
    from: { queue: 'in' },
    use(running) {
      gateway = running
    },
    produce: (n) => until(() => gateway!.queue('app').send('in', n)),
    stop: async () => {},
  }
}
