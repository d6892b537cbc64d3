import { Redis } from 'ioredis'
import { afterAll } from 'vitest'
import type { AdapterConsumer } from '../../../src/core/adapter/queue-facet.js'
import { within } from '../../support/adapter-context.js'
import { type RedisServer, startRedis } from '../../support/redis-server.js'
import { type Bare, connected, Deliveries } from './fixture.js'

/** A server for the tests of one file. */
export interface TestServer {
  readonly server: RedisServer
  /** A plain client, which sees what the server has. */
  readonly client: Redis
  /** A consumer of the queue, over a connection of its own. */
  consumer(config?: object, queue?: string, clientId?: string): Promise<Consuming>
}

interface Consuming extends Bare {
  readonly sink: Deliveries
  readonly consuming: AdapterConsumer
}

/** Starts a server that stops after the tests of the file. */
export async function testServer(): Promise<TestServer> {
  const server = await startRedis()
  const client = new Redis({ port: server.port })
  afterAll(async () => {
    client.disconnect()
    await server.stop()
  })
  return {
    server,
    client,
    async consumer(config = {}, queue = 'jobs', clientId) {
      const made = await connected(server.port, { config }, clientId)
      const sink = new Deliveries()
      const consuming = await made.adapter.queue!.consume(queue, sink, within())
      return { ...made, sink, consuming }
    },
  }
}
