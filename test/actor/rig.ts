import { createHistogram } from 'node:perf_hooks'
import { receiveMessageOnPort } from 'node:worker_threads'
import { startIntegrationActor } from '../../src/actor/integration-actor.js'
import type { AdapterContext, ProtocolAdapter } from '../../src/core/adapter/protocol-adapter.js'
import type { IntegrationError } from '../../src/core/errors/integration-error.js'
import type { IntegrationSettings } from '../../src/core/settings/integration.js'
import type { LogRecord } from '../../src/core/telemetry.js'
import { Bell } from '../../src/mailbox/bell.js'
import { openChannel } from '../../src/mailbox/channel.js'
import { decodeError } from '../../src/mailbox/error-codec.js'
import { Gauges } from '../../src/mailbox/gauges.js'
import type {
  ActorBatch,
  ActorNotice,
  DeliveryExtras,
  DeliveryRun,
  RequestOptions,
  Verb,
} from '../../src/mailbox/protocol.js'
import { RequestWriter } from '../../src/mailbox/requests.js'
import { ManualClock, settled } from '../../src/testing/index.js'
import { SeededRandom } from '../../src/testing/seeded-random.js'
import { Pipeline } from '../../src/transform/pipeline.js'
import { JqBatches } from '../../src/transform/slow/batches.js'
import { integrationSettings } from '../support/adapter-context.js'

/** What became of a request. */
export type Outcome = { readonly value: unknown } | { readonly error: IntegrationError }

/** An actor in this thread, on a clock that stands still, with the host's end of its line in the hands of a test. */
export function actorRig(given: Partial<IntegrationSettings>, facets: Partial<ProtocolAdapter>) {
  const clock = new ManualClock()
  const line = openChannel()
  const { port1: control } = new MessageChannel()
  const gauges = new Gauges()
  const logged: LogRecord[] = []
  let context: AdapterContext | undefined
  const connects: { resolve: () => void; reject: (error: Error) => void }[] = []
  const adapter: ProtocolAdapter = {
    protocol: 'fake',
    connect: () => new Promise((resolve, reject) => connects.push({ resolve, reject })),
    disconnect: async () => {},
    ...facets,
  }
  const actor = startIntegrationActor(
    {
      kind: 'start-actor',
      idPrefix: 'gateway-test',
      settings: integrationSettings(given),
      clientId: 'rig',
      channel: line.actor,
      control: control as never,
      gauges: gauges.shared,
      latency: createHistogram(),
      transformFiles: { code: { missing: 'in a test' }, jq: { missing: 'in a test' } },
    },
    (made) => {
      context = made
      return adapter
    },
    {
      clock,
      random: new SeededRandom(1),
      log: (record) => void logged.push(record),
      dial: () => Promise.reject(new Error('nobody to dial')),
      loadTransforms: async () => ({ Pipeline, JqBatches }),
      dialScripts: () => {
        throw new Error('there are no scripts')
      },
      startJq: () => {
        throw new Error('there is no jq')
      },
    },
  )

  const writer = new RequestWriter()
  const bell = new Bell(new Int32Array(line.host.bells), 1)
  const outcomes = new Map<number, Outcome>()
  const notices: ActorNotice[] = []
  const deliveries: Delivered[] = []
  let nextSeq = 0

  function pull(): void {
    for (let next = receiveMessageOnPort(line.host.port); next; next = receiveMessageOnPort(line.host.port)) {
      const { done, replies, failures, notices: told, runs } = next.message as ActorBatch
      for (let i = 0; i < (done?.length ?? 0); i += 2)
        for (let n = 0; n < done![i + 1]!; n++) outcomes.set(done![i]! + n, { value: undefined })
      replies?.seqs.forEach((seq, i) => void outcomes.set(seq, { value: replies.values[i] }))
      failures?.seqs.forEach(
        (seq, i) =>
          void outcomes.set(seq, { error: decodeError(failures.errors[i]!, 'rig') as IntegrationError }),
      )
      notices.push(...(told ?? []))
      deliveries.push(...(runs ?? []).flatMap(deliveriesOf))
    }
  }

  /** Lets everything happen that can without time passing. */
  async function quiet(): Promise<void> {
    // A bell is heard on a later turn of the loop.
    for (let i = 0; i < 4; i++) {
      await settled()
      await clock.advance(0)
    }
    pull()
  }

  return {
    clock,
    gauges,
    actor,
    notices,
    deliveries,
    logged,
    connects,
    quiet,
    /** Sends a request. @returns its number */
    async send(verb: Verb, target: string, value?: unknown, options?: RequestOptions, timeoutMs?: number) {
      const deadline = timeoutMs === undefined ? 0 : clock.monotonic() + timeoutMs
      const { batch, transfer } = writer.write(nextSeq, [
        { operation: nextSeq, verb, target, value, options, deadline },
      ])
      line.host.port.postMessage(batch, transfer)
      bell.ring()
      await quiet()
      return nextSeq++
    },
    outcome: (seq: number) => outcomes.get(seq),
    error: (seq: number) => {
      const outcome = outcomes.get(seq)
      return outcome !== undefined && 'error' in outcome ? outcome.error : undefined
    },
    async advance(ms: number) {
      await clock.advance(ms)
      await quiet()
    },
    async connected() {
      connects.at(-1)!.resolve()
      await quiet()
    },
    async refused(error: Error) {
      connects.at(-1)!.reject(error)
      await quiet()
    },
    async lost(error: Error) {
      context!.connectionLost(error as never)
      await quiet()
    },
    end() {
      line.host.port.close()
      control.close()
    },
  }
}

/** A message that crossed as a value. */
export interface Delivered {
  readonly value: unknown
  readonly extras: DeliveryExtras | undefined
}

function deliveriesOf({ payload, extras }: DeliveryRun): readonly Delivered[] {
  if (payload.kind !== 'values') throw new Error('expected values')
  return payload.values.map((value, index) => ({ value, extras: extras?.[index] }))
}
