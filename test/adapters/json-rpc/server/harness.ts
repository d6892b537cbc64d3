import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { jsonRpcManifest } from '../../../../src/adapters/json-rpc/manifest.js'
import { jsonRpcServer } from '../../../../src/adapters/json-rpc/server/adapter.js'
import type { AdapterSubscription } from '../../../../src/core/adapter/inbound.js'
import type { RpcOutcome } from '../../../../src/core/adapter/rpc-facet.js'
import type { InboundRequest } from '../../../../src/core/adapter/service-facet.js'
import { ByteBudget } from '../../../../src/core/byte-budget.js'
import type { Clock } from '../../../../src/core/clock.js'
import { RpcError } from '../../../../src/core/errors/rpc.js'
import type { IntegrationSettings } from '../../../../src/core/settings/integration.js'
import type { LimitSettings } from '../../../../src/core/settings/limits.js'
import type { ListenSettings } from '../../../../src/core/settings/listen.js'
import type { Value } from '../../../../src/core/value.js'
import { adapterContext, operation } from '../../../support/adapter-context.js'

type Handler = (params: never, request: InboundRequest) => Value | undefined | Promise<Value | undefined>
export type Handlers = Readonly<Record<string, Handler>>

export interface ServerOptions {
  readonly listen?: Partial<ListenSettings>
  readonly config?: object
  readonly settings?: Partial<IntegrationSettings>
  readonly limits?: Partial<LimitSettings>
  readonly clock?: Clock
  /** Bytes that the actor may hold. */
  readonly budget?: number
}

/** A server without an actor around it; its methods are the handlers. Ends with the test. */
export async function server(handlers: Handlers, options: ServerOptions = {}) {
  const context = adapterContext(
    {
      name: 'api',
      type: 'json-rpc',
      listen: { address: '127.0.0.1', port: 0, ...options.listen },
      config: jsonRpcManifest.server!.config.parse(options.config ?? {}) as IntegrationSettings['config'],
      ...options.settings,
      ...(options.limits && { limits: { memory: 1e9, frame: 16_777_216, ...options.limits } }),
    },
    undefined,
    options.clock,
  )
  if (options.budget !== undefined) Object.assign(context, { budget: new ByteBudget(options.budget) })
  const adapter = jsonRpcServer(context)
  onTestFinished(() => adapter.disconnect())
  await adapter.connect(new AbortController().signal)
  const subscriptions: AdapterSubscription[] = []
  for (const [method, handler] of Object.entries(handlers)) {
    const sink = {
      deliver: (request: InboundRequest) => {
        outcomeOf(handler, request).then((outcome) => request.answer(outcome))
        return true
      },
      lost() {},
      end() {},
    }
    subscriptions.push(await adapter.service!.serve(method, sink, operation()))
  }
  const { port } = adapter.listening!
  return { adapter, context, subscriptions, port, url: `http://127.0.0.1:${port}/` }
}

async function outcomeOf(handler: Handler, request: InboundRequest): Promise<RpcOutcome> {
  try {
    return { ok: true, value: (await handler(request.params as never, request)) ?? null }
  } catch (error) {
    return { ok: false, error: error instanceof RpcError ? error : new RpcError(-32603, 'Internal error') }
  }
}

/** Posts a body as it is. @returns the status and the body of the answer */
export async function post(url: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body as BodyInit,
  })
  return { status: response.status, text: await response.text() }
}

/** An open WebSocket; ends with the test. */
export async function dial(
  port: number,
  headers: Record<string, string> = {},
  path = '/',
): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
  onTestFinished(() => socket.terminate())
  socket.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve).once('error', reject)
  })
  return socket
}

/** Sends a message and waits for the next one. */
export function ask(socket: WebSocket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('message', (data) => resolve(String(data)))
    socket.once('close', (code) => reject(new Error(`closed with ${code}`)))
    socket.send(text)
  })
}
