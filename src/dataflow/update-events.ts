import { isDeepStrictEqual } from 'node:util'
import { valueAt } from '../core/data-path.js'
import type { FlowEvents } from './events.js'
import type { Hops } from './hops.js'
import type { Update } from './update.js'

/** Emits the events of an update: `data.NAME.updated`, and `data.NAME.PATH` for each path that has changed. */
export function emitUpdate(events: FlowEvents, update: Update, previous: unknown, hops: Hops): void {
  const { source, value, timestamp } = update
  const triggerOf = (now: unknown, before: unknown) => ({
    source,
    value: now ?? null,
    previous: before ?? null,
    timestamp,
  })
  events.emit({ kind: 'data', name: source, path: [] }, triggerOf(value, previous), hops)
  for (const { path, listener } of events.paths(source)) {
    const [now, before] = [valueAt(value, path), valueAt(previous, path)]
    if (isDeepStrictEqual(now, before)) continue
    listener({ trigger: triggerOf(now, before), hops })
  }
}
