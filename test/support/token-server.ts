import { randomUUID } from 'node:crypto'
import type { ServerOptions } from 'node:https'
import { type HttpService, httpService, type ReceivedRequest, send } from './http-service.js'

/** What a token server answers: a grant, or an error of RFC 6749, section 5.2. */
export type TokenAnswer =
  | { readonly token?: string; readonly expiresIn?: number; readonly type?: string }
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }

/** An authorization server for one client. */
export interface TokenServer {
  /** Of the token endpoint. */
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  /** Every token it gave, the oldest first. */
  readonly given: readonly string[]
  close(): Promise<void>
}

/**
 * Starts one on loopback. It checks the credentials that come by HTTP Basic or in the body.
 * @param answer what it says to a client that it knows; may take its time
 */
export async function tokenServer(
  client: { readonly id: string; readonly secret: string },
  answer: (count: number) => TokenAnswer | Promise<TokenAnswer> = () => ({ expiresIn: 3_600 }),
  tls?: ServerOptions,
): Promise<TokenServer> {
  const given: string[] = []
  let count = 0
  const service: HttpService = await httpService(
    async (request, response) => {
      if (!knows(client, request)) {
        const body = { error: 'invalid_client', error_description: `no client with ${request.text}` }
        return send(response, 401, JSON.stringify(body))
      }
      const said = await answer(++count)
      if ('status' in said)
        return send(response, said.status, JSON.stringify(said.body ?? ''), {
          'content-type': 'application/json',
          ...said.headers,
        })
      const token = said.token ?? `token-${count}-${randomUUID()}`
      given.push(token)
      const grant = {
        access_token: token,
        token_type: said.type ?? 'Bearer',
        ...(said.expiresIn !== undefined && { expires_in: said.expiresIn }),
      }
      send(response, 200, JSON.stringify(grant))
    },
    0,
    tls,
  )
  return { url: `${service.url}/token`, requests: service.requests, given, close: () => service.close() }
}

function knows(client: { readonly id: string; readonly secret: string }, request: ReceivedRequest): boolean {
  const form = new URLSearchParams(request.text)
  const [scheme, encoded = ''] = (request.headers.authorization ?? '').split(' ')
  const [id, secret] =
    scheme === 'Basic'
      ? Buffer.from(encoded, 'base64').toString().split(':').map(decodeURIComponent)
      : [form.get('client_id'), form.get('client_secret')]
  return form.get('grant_type') === 'client_credentials' && id === client.id && secret === client.secret
}
