import { RpcError } from '../core/errors/rpc.js'
import type { GatewayPort, ServedCall } from './gateway-port.js'
import type { SessionPort } from './session-port.js'
import { INTERNAL_ERROR } from './wire-error.js'

type Client = Pick<SessionPort, 'ask'>

/** Which client serves which method. A method whose client is gone answers with an error. */
export class Served {
  readonly #gateway: Pick<GatewayPort, 'server'>
  /** Clients by integration and method. */
  readonly #clients = new Map<string, Map<string, Client>>()

  constructor(gateway: Pick<GatewayPort, 'server'>) {
    this.#gateway = gateway
  }

  /** Serves methods by asking `client`, from now on. @throws what `serve` of the server throws */
  async serve(client: Client, integration: string, methods: readonly string[]): Promise<void> {
    const server = this.#gateway.server(integration)
    const clients = this.#clients.get(integration) ?? new Map<string, Client>()
    this.#clients.set(integration, clients)
    for (const method of methods) {
      clients.set(method, client)
      server.register(method, (params, call) => ask(clients.get(method), integration, params, call))
    }
    await server.serve()
  }

  /** Forgets a client. */
  leave(client: Client): void {
    for (const clients of this.#clients.values())
      for (const [method, served] of clients) if (served === client) clients.delete(method)
  }
}

function ask(
  client: Client | undefined,
  integration: string,
  params: unknown,
  { method, headers }: ServedCall,
): Promise<unknown> {
  if (client === undefined)
    throw new RpcError(INTERNAL_ERROR, `the client that served ${method} has disconnected`)
  return client.ask('handle', { integration, method, ...(params !== undefined && { params }), headers })
}
