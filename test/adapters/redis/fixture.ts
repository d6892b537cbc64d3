import { onTestFinished } from 'vitest'
import { redisAdapter } from '../../../src/adapters/redis/adapter.js'
import { redisManifest } from '../../../src/adapters/redis/manifest.js'
import type { InboundMessage, MessageSink } from '../../../src/core/adapter/inbound.js'
import type { ProtocolAdapter } from '../../../src/core/adapter/protocol-adapter.js'
import type { InboundDelivery } from '../../../src/core/adapter/queue-facet.js'
import type { InboundRequest } from '../../../src/core/adapter/service-facet.js'
import type { IntegrationSettings } from '../../../src/core/settings/integration.js'
import { adapterContext, type RecordingContext, settingsFor } from '../../support/adapter-context.js'

/** What a test may say of an integration beside its port. */
type Given = Partial<Omit<IntegrationSettings, 'config'>> & { readonly config?: object }

/** An adapter without an actor, and its context. */
export interface Bare {
  readonly adapter: ProtocolAdapter
  readonly context: RecordingContext
}

/** An adapter for a server on this port, disconnected when the test ends. */
export function bare(port: number, given: Given = {}, clientId?: string): Bare {
  const settings = settingsFor(redisManifest, {
    endpoint: { addresses: ['127.0.0.1'], port },
    ...given,
    config: (given.config ?? {}) as IntegrationSettings['config'],
  })
  const context = adapterContext(settings, clientId)
  const adapter = redisAdapter(context)
  onTestFinished(() => adapter.disconnect())
  return { adapter, context }
}

/** One that is connected. */
export async function connected(port: number, given: Given = {}, clientId?: string): Promise<Bare> {
  const made = bare(port, given, clientId)
  await made.adapter.connect(AbortSignal.timeout(5_000))
  return made
}

/** A sink that keeps what it is given; `room` says whether there is room for more. */
export class Sink<M extends InboundMessage> implements MessageSink<M> {
  readonly messages: M[] = []
  readonly errors: Error[] = []
  readonly losses: (readonly [count: number, reason: string])[] = []
  room = true

  deliver(message: M): boolean {
    this.messages.push(message)
    return this.room
  }

  lost(count: number, reason: string): void {
    this.losses.push([count, reason])
  }

  end(error: Error): void {
    this.errors.push(error)
  }

  get texts(): string[] {
    return this.messages.map(({ payload }) => Buffer.from(payload).toString())
  }
}

export class Messages extends Sink<InboundMessage> {}
export class Deliveries extends Sink<InboundDelivery> {}
export class Requests extends Sink<InboundRequest> {}

/** Bytes of a text. */
export function bytes(text: string): Uint8Array {
  return Buffer.from(text)
}
