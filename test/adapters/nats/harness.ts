import { connect as connectClient, type NatsConnection } from '@nats-io/transport-node'
import { afterEach } from 'vitest'
import { natsAdapter } from '../../../src/adapters/nats/adapter.js'
import { natsManifest } from '../../../src/adapters/nats/manifest.js'
import type { InboundMessage, MessageSink } from '../../../src/core/adapter/inbound.js'
import type { ProtocolAdapter } from '../../../src/core/adapter/protocol-adapter.js'
import type { IntegrationSettings } from '../../../src/core/settings/integration.js'
import { adapterContext, type RecordingContext, settingsFor, within } from '../../support/adapter-context.js'
import { type NatsServer, type NatsServerOptions, startNatsServer } from '../../support/nats-server.js'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Runs when the test has ended, the latest first. */
export function atEnd(cleanup: () => unknown): void {
  cleanups.push(cleanup)
}

/** A server for one test. */
export async function serverFor(options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = await startNatsServer(options)
  atEnd(() => server.stop())
  return server
}

export interface Rig {
  readonly adapter: ProtocolAdapter &
    Required<Pick<ProtocolAdapter, 'rpc' | 'pubsub' | 'queue' | 'service' | 'ping'>>
  readonly context: RecordingContext
}

type Given = Partial<IntegrationSettings> & { readonly port?: number; readonly address?: string }

/** An adapter without an actor around it, not connected yet. */
export function rigFor({ port, address = '127.0.0.1', ...given }: Given): Rig {
  const endpoint = { addresses: [address], ...(port !== undefined && { port }), ...given.endpoint }
  const context = adapterContext(settingsFor(natsManifest, { name: 'rig', ...given, endpoint }))
  const adapter = natsAdapter(context) as Rig['adapter']
  atEnd(() => adapter.disconnect())
  return { adapter, context }
}

/** An adapter that is connected. */
export async function connected(given: Given): Promise<Rig> {
  const rig = rigFor(given)
  await rig.adapter.connect(within().signal)
  return rig
}

/** The official client of NATS, as somebody else at the same server. */
export async function stranger(server: { readonly port: number }): Promise<NatsConnection> {
  const client = await connectClient({ port: server.port })
  atEnd(() => client.close())
  return client
}

/** A sink that keeps what it gets. */
export function collector<M extends InboundMessage>(room: () => boolean = () => true) {
  const messages: M[] = []
  const ended: Error[] = []
  const lost: (readonly [count: number, reason: string])[] = []
  const sink: MessageSink<M> = {
    deliver(message) {
      messages.push(message)
      return room()
    },
    lost: (...loss) => void lost.push(loss),
    end: (error) => void ended.push(error),
  }
  return { messages, ended, lost, sink }
}

export const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
export const bytes = (content: string) => Buffer.from(content)
