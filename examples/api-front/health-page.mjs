import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * `GET /live`: the process runs. `GET /ready`: each service has given a sign of life.
 * @returns a function that ends it
 */
export async function startHealthPage(gateway, port) {
  const pages = {
    '/live': async () => ({ status: 200, body: {} }),
    '/ready': async () => {
      const services = await gateway.connections.healthCheck()
      const isReady = Object.values(services).every(({ healthy }) => healthy)
      return { status: isReady ? 200 : 503, body: services }
    },
  }
  const notFound = async () => ({ status: 404, body: {} })

  const server = createServer(async ({ url }, response) => {
    const { status, body } = await (pages[url] ?? notFound)()
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return () => {
    server.close()
    server.closeAllConnections()
  }
}
