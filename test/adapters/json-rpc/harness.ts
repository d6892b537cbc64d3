import { onTestFinished } from 'vitest'
import { jsonRpcAdapter } from '../../../src/adapters/json-rpc/adapter.js'
import { jsonRpcManifest } from '../../../src/adapters/json-rpc/manifest.js'
import type { ProtocolAdapter } from '../../../src/core/adapter/protocol-adapter.js'
import type { RpcFacet } from '../../../src/core/adapter/rpc-facet.js'
import { ByteBudget } from '../../../src/core/byte-budget.js'
import type { IntegrationSettings } from '../../../src/core/settings/integration.js'
import { adapterContext, type RecordingContext, settingsFor } from '../../support/adapter-context.js'
import { type HttpService, httpService, type Respond, send } from '../../support/http-service.js'

export interface Rig {
  readonly adapter: ProtocolAdapter
  readonly rpc: RpcFacet
  readonly context: RecordingContext
}

/** An adapter that is disconnected when the test ends. @param budget bytes that the actor may hold */
export function rigFor(
  address: string | readonly string[],
  settings: Partial<IntegrationSettings> = {},
  budget?: number,
): Rig {
  const addresses = typeof address === 'string' ? [address] : address
  const context = adapterContext(
    settingsFor(jsonRpcManifest, { name: 'it', endpoint: { addresses }, ...settings }),
  )
  if (budget !== undefined) Object.assign(context, { budget: new ByteBudget(budget) })
  const adapter = jsonRpcAdapter(context)
  onTestFinished(() => adapter.disconnect())
  return { adapter, rpc: adapter.rpc!, context }
}

/** The same, connected. */
export async function connected(
  address: string | readonly string[],
  settings: Partial<IntegrationSettings> = {},
  budget?: number,
): Promise<Rig> {
  const rig = rigFor(address, settings, budget)
  await rig.adapter.connect(new AbortController().signal)
  return rig
}

/** A server that is closed when the test ends. */
export async function service(respond: Respond, port?: number): Promise<HttpService> {
  const server = await httpService(respond, port)
  onTestFinished(() => server.close())
  return server
}

/** A server with one answer for everything, and an adapter connected to it. */
export async function answering(
  body: string | Buffer,
  options: {
    status?: number
    headers?: Record<string, string>
    settings?: Partial<IntegrationSettings>
  } = {},
): Promise<Rig & { readonly server: HttpService }> {
  const server = await service((_, response) => send(response, options.status ?? 200, body, options.headers))
  return { ...(await connected(server.url, options.settings)), server }
}

/** The reply to call 1. */
export const result = (value: unknown): string => JSON.stringify({ jsonrpc: '2.0', result: value, id: 1 })
