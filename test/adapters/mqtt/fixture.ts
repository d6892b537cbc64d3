import { mqttAdapter } from '../../../src/adapters/mqtt/adapter.js'
import { mqttManifest } from '../../../src/adapters/mqtt/manifest.js'
import type { InboundMessage, MessageSink } from '../../../src/core/adapter/inbound.js'
import type { AdapterContext, ProtocolAdapter } from '../../../src/core/adapter/protocol-adapter.js'
import type { InboundDelivery } from '../../../src/core/adapter/queue-facet.js'
import type { IntegrationSettings } from '../../../src/core/settings/integration.js'
import type { Value } from '../../../src/core/value.js'
import { adapterContext, type RecordingContext } from '../../support/adapter-context.js'

/** An adapter with its context, as a test uses it. */
export interface Fixture {
  readonly adapter: ProtocolAdapter
  readonly context: RecordingContext
}

/** The adapter for a broker at `port`, with a `config` block that goes through the manifest's schema. */
export function mqttFixture(
  port: number,
  config: Record<string, unknown> = {},
  settings: Partial<IntegrationSettings> = {},
  more: Partial<AdapterContext> = {},
): Fixture {
  const own = adapterContext({
    type: 'mqtt',
    endpoint: { addresses: ['127.0.0.1'], port },
    config: mqttManifest.config.parse(config) as { [key: string]: Value },
    ...settings,
  })
  const context = { ...own, ...more }
  return { context, adapter: mqttAdapter(context) }
}

/** Makes and connects one. */
export async function connected(...given: Parameters<typeof mqttFixture>): Promise<Fixture> {
  const fixture = mqttFixture(...given)
  await fixture.adapter.connect(AbortSignal.timeout(5_000))
  return fixture
}

/** A sink that keeps what it is given; `open` is what `deliver` answers. */
export class Collector<M extends InboundMessage = InboundMessage> implements MessageSink<M> {
  readonly messages: M[] = []
  readonly ends: Error[] = []
  readonly losses: { readonly count: number; readonly reason: string }[] = []
  open = true
  /** Whether messages are taken as they come, as the host does. */
  takes = true

  deliver(message: M): boolean {
    this.messages.push(message)
    if (this.takes) message.taken?.()
    return this.open
  }

  lost(count: number, reason: string): void {
    this.losses.push({ count, reason })
  }

  end(error: Error): void {
    this.ends.push(error)
  }

  /** The payloads as text. */
  get texts(): string[] {
    return this.messages.map(({ payload }) => Buffer.from(payload).toString())
  }
}

export class Deliveries extends Collector<InboundDelivery> {}

/** Text as a payload. */
export function bytes(text: string): Uint8Array {
  return Buffer.from(text)
}
