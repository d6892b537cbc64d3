import { Redis } from 'ioredis'
import { type RedisServer, startRedis } from './redis-server.js'
import { waitFor } from './wait-for.js'

const SLOTS = 16_384

/** A cluster of masters on 127.0.0.1 that share the slots evenly; resolves when each knows all of it. */
export async function startCluster(size = 3): Promise<RedisServer[]> {
  const config = ['cluster-enabled yes', 'cluster-node-timeout 2000', 'cluster-require-full-coverage yes']
  const servers = await Promise.all(Array.from({ length: size }, () => startRedis({ config })))
  const clients = servers.map(({ port }) => new Redis({ port }))
  try {
    for (const [i, client] of clients.entries()) {
      const [from, to] = [Math.floor((i * SLOTS) / size), Math.floor(((i + 1) * SLOTS) / size) - 1]
      await client.cluster('ADDSLOTSRANGE', from, to)
      if (i > 0) await clients[0]!.cluster('MEET', '127.0.0.1', servers[i]!.port)
    }
    for (const client of clients)
      await waitFor(
        async () => {
          const info = String(await client.cluster('INFO'))
          return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${size}`)
        },
        { what: 'the cluster to be complete', timeoutMs: 20_000 },
      )
    return servers
  } finally {
    for (const client of clients) client.disconnect()
  }
}
