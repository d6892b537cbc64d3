import type { Clock } from '../../core/clock.js'
import type { DataSettings, PolledData } from '../../core/settings/data.js'
import { Late, parameterValue, type RunNames } from '../../core/settings/late.js'
import type { ConnectionState } from '../../core/status.js'
import type { IntegrationMail } from '../../mailbox/integration-mail.js'
import { type DataDependencies, DataSource, type UpdateListener } from '../data-source.js'
import type { FlowIntegration } from '../flow-integration.js'
import { Collector } from './collector.js'
import type { Feed, FeedDependencies } from './feed.js'
import { Poller } from './poller.js'
import { StreamFeed } from './stream-feed.js'
import { runConsumer, runSubscription, type StreamTarget } from './streams.js'

export interface FilledDependencies {
  readonly clock: Clock
  readonly random: () => number
  /** The values of all data. */
  readonly data: NonNullable<RunNames['data']>
  integration(): FlowIntegration
  connection(): ConnectionState
  updated: UpdateListener
  failed(error: Error, isNew: boolean): void
}

/** A `data` block: its value, and what fills it. */
export interface Filled {
  readonly source: DataSource
  readonly feed: Feed
}

/** @param known the data of that name from before a reload, which keeps its value and its readers */
export function filledData(settings: DataSettings, parts: FilledDependencies, known?: DataSource): Filled {
  const { clock, random, connection, updated, failed } = parts
  const { name, update: mode } = settings
  const joins = settings.transforms.flatMap((each) => (each.type === 'join' ? [each.with] : []))
  const joined = () =>
    Object.fromEntries(
      joins.map((each) => [each, parts.data[each]] as const).filter(([, value]) => value !== undefined),
    )
  const common = { mode, now: () => clock.now(), connection, updated }
  if (settings.type === 'rpc') {
    const source = filled(name, { ...common, refresh: (options) => poller.refresh(options) }, known)
    const target = { source, joined, now: () => clock.now(), closing: () => {}, opened: () => {}, failed }
    const poller = pollerOf(settings, target, { source, clock, random, failed }, parts)
    return { source, feed: poller }
  }
  const source = filled(name, common, known)
  const target: StreamTarget = {
    source,
    joined,
    now: () => clock.now(),
    closing: (close) => feed.closing(close),
    opened: () => feed.opened(),
    failed,
  }
  const run = () =>
    settings.type === 'subscription'
      ? runSubscription(settings, parts.integration(), target)
      : runConsumer(settings, parts.integration(), target)
  const feed = new StreamFeed({ source, clock, random, failed, run })
  return { source, feed }
}

function filled(name: string, parts: DataDependencies, known: DataSource | undefined): DataSource {
  if (known === undefined) return new DataSource(name, parts)
  known.refill(parts)
  return known
}

function pollerOf(
  settings: PolledData,
  target: StreamTarget,
  common: FeedDependencies,
  parts: FilledDependencies,
): Poller {
  const { params } = settings
  const needed = params instanceof Late ? params.uses.data : []
  const given = () => (params === undefined ? undefined : parameterValue(params, { data: parts.data }))
  const collector =
    settings.transforms.length === 0 ? undefined : new Collector(settings, parts.integration, target)
  return new Poller(settings, {
    ...common,
    isReady: () => needed.every((name) => parts.data[name] !== undefined),
    call: async (signal) => {
      const { mail } = parts.integration()
      if (collector === undefined)
        common.source.take(await callOnce(settings, mail, given(), signal, undefined))
      else {
        await callOnce(settings, mail, given(), signal, await collector.id)
        if (common.source.update === undefined) common.source.opened()
      }
    },
    ...(collector !== undefined && {
      close: () => collector.close(),
      // What the transforms made of the result comes in the same batch, and is read in the turns after it.
      arrived: async () => {
        for (let turns = 0; turns < 2; turns++) await new Promise<void>((next) => parts.clock.nextTurn(next))
      },
    }),
  })
}

/** Calls the method. @param into the source that receives the result; the call itself then has none */
function callOnce(
  { method, timeoutMs, idempotent, headers }: PolledData,
  mail: IntegrationMail,
  params: unknown,
  signal: AbortSignal,
  into: number | undefined,
): Promise<unknown> {
  const options = { idempotent, ...(headers && { headers }), ...(into !== undefined && { into }) }
  return mail.request('call', method, params, options, {
    signal,
    ...(timeoutMs !== undefined && { timeoutMs }),
  })
}
