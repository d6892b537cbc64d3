import { onTestFinished } from 'vitest'
import { grpcAdapter } from '../../../src/adapters/grpc/adapter.js'
import { grpcManifest } from '../../../src/adapters/grpc/manifest.js'
import { grpcServerAdapter } from '../../../src/adapters/grpc/server/adapter.js'
import type { InboundMessage, MessageSink } from '../../../src/core/adapter/inbound.js'
import type { AdapterContext, ProtocolAdapter } from '../../../src/core/adapter/protocol-adapter.js'
import type { PubSubFacet } from '../../../src/core/adapter/pubsub-facet.js'
import type { RpcFacet, RpcOutcome } from '../../../src/core/adapter/rpc-facet.js'
import type { InboundRequest } from '../../../src/core/adapter/service-facet.js'
import type { IntegrationSettings } from '../../../src/core/settings/integration.js'
import type { ListenSettings } from '../../../src/core/settings/listen.js'
import type { Value } from '../../../src/core/value.js'
import { wireFormat } from '../../../src/wire/wire-format.js'
import {
  adapterContext,
  integrationSettings,
  operation,
  type RecordingContext,
} from '../../support/adapter-context.js'

export const never = (): AbortSignal => new AbortController().signal

type Given = Partial<IntegrationSettings>

/** Complete settings of a client. JSON without a schema unless `format` says otherwise. */
export function clientSettings(address: string | readonly string[], given: Given = {}): IntegrationSettings {
  const format = given.format ?? 'json'
  const payloadFormat = grpcManifest.payloadFormats![format]
  return integrationSettings({
    type: 'grpc',
    name: 'it',
    endpoint: { addresses: typeof address === 'string' ? [address] : address },
    ...given,
    format,
    ...(payloadFormat !== undefined && { payloadFormat }),
    config: grpcManifest.config.parse(given.config ?? {}) as IntegrationSettings['config'],
  })
}

export interface Rig {
  readonly adapter: ProtocolAdapter
  readonly rpc: RpcFacet
  readonly pubsub: PubSubFacet
  readonly context: RecordingContext
}

/** A client that is disconnected when the test ends. */
export function rigFor(
  address: string | readonly string[],
  given: Given = {},
  parts: Partial<AdapterContext> = {},
): Rig {
  const context = Object.assign(adapterContext(clientSettings(address, given)), parts)
  const adapter = grpcAdapter(context)
  onTestFinished(() => adapter.disconnect())
  return { adapter, rpc: adapter.rpc!, pubsub: adapter.pubsub!, context }
}

/** The same, connected. */
export async function connected(
  address: string | readonly string[],
  given: Given = {},
  parts: Partial<AdapterContext> = {},
): Promise<Rig> {
  const rig = rigFor(address, given, parts)
  await rig.adapter.connect(never())
  return rig
}

export type Handlers = Readonly<Record<string, (request: InboundRequest) => Promise<Value> | Value>>

export interface Served {
  readonly address: string
  readonly adapter: ProtocolAdapter
  readonly context: RecordingContext
  /** What an answer was refused with. */
  readonly failures: unknown[]
  stop(): Promise<void>
}

/** A server of ours with handlers, stopped when the test ends. */
export async function served(
  handlers: Handlers,
  given: Given = {},
  listen: Partial<ListenSettings> = {},
): Promise<Served> {
  const format = given.format ?? 'json'
  const context = adapterContext({
    ...integrationSettings({}),
    name: 'server',
    listen: { address: '127.0.0.1', port: 0, ...listen },
    ...given,
    format,
    config: grpcManifest.server!.config.parse(given.config ?? {}) as IntegrationSettings['config'],
  })
  const adapter = grpcServerAdapter(context)
  const failures: unknown[] = []
  onTestFinished(() => adapter.disconnect())
  await adapter.connect(never())
  for (const [method, handler] of Object.entries(handlers)) {
    const sink: MessageSink<InboundRequest> = {
      deliver(request) {
        outcomeOf(handler, request)
          .then((outcome) => request.answer(outcome))
          .catch((error: unknown) => failures.push(error))
        return true
      },
      lost: () => {},
      end: () => {},
    }
    await adapter.service!.serve(method, sink, operation())
  }
  const { port } = adapter.listening!
  return { address: `127.0.0.1:${port}`, adapter, context, failures, stop: () => adapter.disconnect() }
}

async function outcomeOf(
  handler: (request: InboundRequest) => Promise<Value> | Value,
  request: InboundRequest,
): Promise<RpcOutcome> {
  try {
    return { ok: true, value: await handler(request) }
  } catch (error) {
    return { ok: false, error: error as Error }
  }
}

/** Collects what a subscription yields. */
export class Listener implements MessageSink<InboundMessage> {
  readonly messages: InboundMessage[] = []
  readonly ends: Error[] = []
  readonly gaps: string[] = []
  room = true
  readonly #format

  constructor(payloadFormat = 'json') {
    this.#format = wireFormat(payloadFormat)
  }

  get values(): Value[] {
    return this.messages.map(({ payload }) => this.#format.decode(payload))
  }

  deliver(message: InboundMessage): boolean {
    this.messages.push(message)
    return this.room
  }

  lost(_count: number, reason: string): void {
    this.gaps.push(reason)
  }

  end(error: Error): void {
    this.ends.push(error)
  }
}
