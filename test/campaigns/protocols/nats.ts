import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { startNatsServer } from '../../support/nats-server.js'
import { sleep } from '../random.js'
import type { Protocol } from './protocol.js'

export async function natsProtocol(): Promise<Protocol> {
  const server = await startNatsServer()
  const plain = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  const stream = jetstream(plain)
  const manager = await jetstreamManager(plain)
  let dead = ''
  return {
    name: 'nats',
    integration: {
      type: 'nats',
      format: 'json',
      endpoint: { address: '127.0.0.1', port: server.port },
      config: { consumer: { ack_wait: '3s' } },
    },
    attempts: true,
    // A server before 2.10.22 that is just sending to an inbox which a closing consumer leaves finds nobody there and
    // sends the message to another consumer, counting both; and now and then it sends a message twice as the first time.
    lapses: 0.02,
    backWithinMs: 3_000,
    restartBroker: () => server.restart(),
    // The gateway makes the streams, when it is first asked for them.
    async open(_queue, deadLetters) {
      dead = deadLetters
    },
    async produce(queue, n) {
      // The message id makes a repetition harmless.
      for (;;)
        try {
          await stream.publish(queue, String(n), { msgID: `${queue}-${n}`, timeout: 2_000 })
          return
        } catch {
          await sleep(50)
        }
    },
    async left(queue) {
      const name = await streamOf(manager, queue)
      if (name === undefined) return 0
      return (await manager.streams.info(name)).state.messages
    },
    async deadLetters() {
      const name = await streamOf(manager, dead)
      if (name === undefined) return []
      const found: number[] = []
      const { first_seq, last_seq } = (await manager.streams.info(name)).state
      for (let seq = first_seq; seq <= last_seq; seq++) {
        const message = await manager.streams.getMessage(name, { seq }).catch(() => null)
        if (message) found.push(Number(new TextDecoder().decode(message.data)))
      }
      return found
    },
    async stop() {
      await plain.close()
      await server.stop()
    },
  }
}

async function streamOf(manager: JetStreamManager, subject: string): Promise<string | undefined> {
  return manager.streams.find(subject).catch(() => undefined)
}
