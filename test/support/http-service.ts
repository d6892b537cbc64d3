import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** A request as the server received it. */
export interface ReceivedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** Counts the connections of the server from 1. */
  readonly connection: number
}

export interface HttpService {
  readonly url: string
  readonly port: number
  readonly requests: ReceivedRequest[]
  /** Connections accepted so far, those without a request included. */
  readonly connections: () => number
  /** Ends every connection and stops listening. */
  close(): Promise<void>
}

/** Answers a request; the body is complete when it is called. */
export type Respond = (request: ReceivedRequest, response: ServerResponse) => void

/** A server on loopback. @param port 0: any free one. */
export async function httpService(respond: Respond, port = 0): Promise<HttpService> {
  const requests: ReceivedRequest[] = []
  const numbers = new Map<Socket, number>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    const received: ReceivedRequest = {
      method: request.method!,
      url: request.url!,
      headers: request.headers,
      text: Buffer.concat(chunks).toString(),
      connection: numbers.get(request.socket)!,
    }
    requests.push(received)
    respond(received, response)
  })
  server.on('connection', (socket) => numbers.set(socket, numbers.size + 1))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    requests,
    connections: () => numbers.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Answers with a status, a body and headers. */
export function send(
  response: ServerResponse,
  status: number,
  body: string | Buffer = '',
  headers: Record<string, string> = { 'content-type': 'application/json' },
): void {
  response.writeHead(status, headers).end(body)
}

/** A port on loopback that refuses connections. */
export async function closedPort(): Promise<number> {
  const service = await httpService(() => {})
  await service.close()
  return service.port
}
