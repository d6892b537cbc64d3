import { readsPayload } from '../../core/message-template.js'
import type { RouteSettings } from '../../core/settings/route.js'
import { type Named, Section } from '../reading/section.js'
import { type Route, route } from '../schema/route.js'
import { checkJoins } from './joins.js'
import { EndReader, type RouteEnds, type Sink, type Source } from './route-end.js'
import { checkFolders } from './route-folders.js'
import { checkTemplates } from './route-templates.js'
import { warnOfSlowQueries } from './slow-queries.js'
import { checkTransformScripts } from './transform-scripts.js'

/** Reads a `route` block; returns `undefined` if an end of it is wrong or cannot be used. */
export function readRoute(block: Named, ends: RouteEnds): RouteSettings | undefined {
  const section = new Section(route, block)
  const { values } = section
  const [fromNode, toNode, letterNode] = [
    section.node('from'),
    section.node('to'),
    section.node('dead_letter'),
  ]
  const reader = new EndReader(section, ends)
  const from = fromNode && values.from && reader.source(fromNode, values.from)
  const to = toNode && values.to && reader.sink(toNode, values.to)
  const letter = letterNode && values.dead_letter && reader.sink(letterNode, values.dead_letter)
  checkFolders(section, block.name, ends.folders)
  checkTemplates(section)
  checkJoins(section, values.transform ?? [], ends.names)
  checkTransformScripts(section, values.transform ?? [], ends.scripts)
  warnOfSlowQueries(section, section.node('transform'), values.transform ?? [])
  checkHeld(section)
  if (values.batch !== undefined && values.to !== undefined && values.to.method === undefined)
    section.fault(section.node('batch')!.nameSpan, {
      message: '"batch" is for a sink with "method"',
      hint: 'messages of topics and queues are sent without waiting for each other',
    })
  if (from === undefined || to === undefined || (letterNode !== undefined && letter === undefined))
    return undefined
  return settingsOf(block.name, values, from, to, letter)
}

function settingsOf(
  name: string,
  values: Route,
  { wire: read, ...from }: Source,
  { wire: written, ...to }: Sink,
  letter: Sink | undefined,
): RouteSettings {
  const { batch, idempotency, buffer } = values
  const { transform: transforms = [], key, max_attempts: maxAttempts } = values
  const concurrency = values.concurrency ?? (to.kind === 'method' ? (batch?.messages ?? 1) : undefined)
  const isRead = [to.target, key, idempotency?.key].some(readsPayload)
  const { wire: _, ...dead } = letter ?? { wire: '' }
  return {
    name,
    from,
    to: {
      ...to,
      maxAttempts,
      ...(concurrency !== undefined && { concurrency }),
      ...(batch !== undefined && {
        batch: { messages: batch.messages, bytes: batch.bytes, withinMs: batch.within as number },
      }),
    },
    transforms,
    passesBytes:
      transforms.length === 0 &&
      !isRead &&
      from.kind !== 'method' &&
      to.kind !== 'method' &&
      (read === written || read === 'binary' || written === 'binary'),
    window: values.window,
    windowBytes: values.window_bytes,
    overflow: values.overflow,
    maxHops: values.max_hops,
    ...(key !== undefined && { key }),
    ...(letter !== undefined && { deadLetter: { ...(dead as Omit<Sink, 'wire'>), maxAttempts } }),
    ...(idempotency !== undefined && {
      idempotency: {
        key: idempotency.key,
        windowMs: idempotency.window as number,
        limit: idempotency.limit,
        ...(idempotency.store === 'disk' && { folder: idempotency.path! }),
      },
    }),
    ...(buffer !== undefined && {
      buffer: {
        maxBytes: buffer.max_bytes,
        whenFull: buffer.when_full,
        ...(buffer.type === 'disk' && { folder: buffer.path! }),
        ...(buffer.max_age !== undefined && { maxAgeMs: buffer.max_age as number }),
        ...(buffer.drain !== undefined && { drainRate: buffer.drain.rate }),
      },
    }),
  }
}

/** Reports parts that would hold messages for longer than their source can wait. */
function checkHeld(section: Section<typeof route>): void {
  const { from, buffer, transform = [], window } = section.values
  if (buffer !== undefined && from?.method !== undefined)
    section.fault(section.node('buffer')!.nameSpan, {
      message: 'a route from a "method" has no "buffer"',
      hint: 'its caller waits until the sink has accepted the request',
    })
  const large = transform.find(
    (each) => each.type === 'window' && 'messages' in each.size && each.size.messages > window,
  )
  if (large !== undefined && from?.queue !== undefined)
    section.fault(section.node('transform')!.nameSpan, {
      message: `a transform "window" needs more messages than "window" (${window}) of the route`,
      hint: 'a queue delivers no more messages until earlier ones are settled; raise "window"',
    })
}
