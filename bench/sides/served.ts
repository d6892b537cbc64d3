import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { jwtVerify } from 'jose'
import { Gateway } from '../../src/index.js'
import { waitFor } from '../../test/support/wait-for.js'
import { LoadProcess } from '../load/load-process.js'
import type { CallerOrder } from '../load/orders.js'
import type { Side } from '../measure/compare.js'

/** Time for the calls in flight to end, in milliseconds. */
const QUIET_MS = 100

export interface CallersWanted {
  readonly secret: string
  /** How many different tokens they have. */
  readonly tokens: number
}

/** A server that callers in another process load. */
async function servedSide(
  port: number,
  { secret, tokens }: CallersWanted,
  handled: () => number,
  close: () => Promise<unknown>,
): Promise<Side> {
  const callers = await LoadProcess.start<CallerOrder>('./http-caller.js', [port, secret, tokens])
  return {
    async begin() {
      callers.tell({ kind: 'flat-out' })
      return {
        count: handled,
        async stop() {
          callers.tell({ kind: 'paused' })
          await sleep(QUIET_MS)
        },
      }
    },
    async close() {
      await callers.stop()
      await close()
    },
  }
}

/** A `server` block that verifies tokens. */
export async function gatewayServer(wanted: CallersWanted): Promise<Side> {
  const gateway = await Gateway.start({
    servers: {
      api: { type: 'json-rpc', listen: { port: 0 }, auth: { type: 'jwt', secret: wanted.secret } },
    },
  })
  let handled = 0
  await gateway
    .server('api')
    .register('echo', (params) => {
      handled++
      return params
    })
    .serve()
  const listening = () => gateway.connections.status('api').listening
  await waitFor(() => listening() !== undefined, { what: () => 'the server to listen' })
  return servedSide(
    listening()!.port,
    wanted,
    () => handled,
    () => gateway.shutdown(),
  )
}

/** `node:http` on the main thread, and jose for each call. */
export async function plainServer(wanted: CallersWanted): Promise<Side> {
  const key = new TextEncoder().encode(wanted.secret)
  let handled = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    try {
      const token = request.headers.authorization!.slice('Bearer '.length)
      await jwtVerify(token, key, { algorithms: ['HS256'], requiredClaims: ['exp'] })
    } catch {
      response.writeHead(401).end()
      return
    }
    const { id, params } = JSON.parse(Buffer.concat(chunks).toString()) as { id: unknown; params: unknown }
    handled++
    const body = JSON.stringify({ jsonrpc: '2.0', id, result: params })
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    server.closeAllConnections()
    server.close()
  }
  return servedSide((server.address() as AddressInfo).port, wanted, () => handled, close)
}
