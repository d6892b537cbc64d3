import { ADAPTERS } from '../../src/adapters/catalogue.js'
import type { AdapterManifest } from '../../src/core/manifest.js'
import { canDo } from './capability-table.js'
import { table } from './table.js'

/** What can become of a message at one end of a route. */
export type SourceClass = 'kept' | 'answered' | 'forgotten'
export type SinkClass = 'kept' | 'answered' | 'written'

const SOURCES: Readonly<Record<SourceClass, string>> = {
  kept: 'the broker keeps it until it is acknowledged',
  answered: 'the caller waits for the answer',
  forgotten: 'the broker forgets it when it has sent it',
}
const SINKS: Readonly<Record<SinkClass, string>> = {
  kept: 'the broker acknowledges it and keeps it',
  answered: 'the service answers',
  written: 'it is written, or answered without being kept',
}

interface Cell {
  readonly guarantee: string
  readonly cost: string
}

/** What a route guarantees, and what a crash can cost. */
export function guaranteeOf(source: SourceClass, sink: SinkClass): Cell {
  if (source === 'forgotten')
    return {
      guarantee: 'at most once',
      cost: 'source actor or its broker: what is in the window, and what is published until it is back',
    }
  const lost = sink === 'written' ? '; sink or its broker: what nobody was there to receive' : ''
  return source === 'kept'
    ? {
        guarantee: 'at least once, to the sink',
        cost: `any crash: what is in the window may arrive twice${lost}`,
      }
    : {
        guarantee: 'at least once, if the caller repeats',
        cost: `source actor: callers get an error, and their request may have been passed on${lost}`,
      }
}

/** The ends of a kind: the protocol and what of it. */
export function sourcesOf(wanted: SourceClass): readonly string[] {
  return ADAPTERS.flatMap((manifest) =>
    [
      ...topicEnds(manifest, 'subscribe', wanted === 'kept', wanted === 'forgotten'),
      ...(wanted === 'kept' && canDo(manifest, 'dequeue') ? ['queue'] : []),
      ...(wanted === 'answered' && canDo(manifest, 'serve') ? ['method'] : []),
    ].map((end) => `\`${manifest.type}\` ${end}`),
  )
}

export function sinksOf(wanted: SinkClass): readonly string[] {
  return ADAPTERS.flatMap((manifest) =>
    [
      ...topicEnds(manifest, 'publish', wanted === 'kept', wanted === 'written'),
      ...(wanted === 'kept' && canDo(manifest, 'enqueue') ? ['queue'] : []),
      ...(wanted === 'answered' && canDo(manifest, 'call') ? ['method'] : []),
    ].map((end) => `\`${manifest.type}\` ${end}`),
  )
}

function topicEnds(
  manifest: AdapterManifest,
  capability: 'subscribe' | 'publish',
  isAcknowledged: boolean,
  isNot: boolean,
): readonly string[] {
  if (!canDo(manifest, capability)) return []
  const acknowledged = manifest.acknowledges?.[capability]
  if (isAcknowledged && acknowledged !== undefined)
    return [acknowledged === 'with-qos' ? 'topic with `qos` ≥ 1' : 'topic']
  if (isNot && acknowledged !== 'always')
    return [acknowledged === 'with-qos' ? 'topic with `qos` 0' : 'topic']
  return []
}

/** The ends of routes: what becomes of a message there. */
export function routeEnds(): string {
  const rows = [
    ...Object.entries(SOURCES).map(([name, says]) => [
      'source',
      says,
      sourcesOf(name as SourceClass).join(', '),
    ]),
    ...Object.entries(SINKS).map(([name, says]) => ['sink', says, sinksOf(name as SinkClass).join(', ')]),
  ]
  return table(['end', 'a message', 'of'], rows)
}

/** The matrix of sources and sinks. */
export function routeMatrix(): string {
  const rows = (Object.keys(SOURCES) as SourceClass[]).flatMap((source) =>
    (Object.keys(SINKS) as SinkClass[]).map((sink) => {
      const { guarantee, cost } = guaranteeOf(source, sink)
      return [SOURCES[source], SINKS[sink], guarantee, orderOf(sink), cost]
    }),
  )
  return table(['source', 'sink', 'guarantee', 'order', 'what a crash can cost'], rows)
}

function orderOf(sink: SinkClass): string {
  return sink === 'answered'
    ? 'kept; with `concurrency` only within a `key`'
    : 'kept while nothing fails; with `concurrency = 1` always'
}
