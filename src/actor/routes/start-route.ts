import type { MessageBuffer } from '../../buffer/message-buffer.js'
import { sleep } from '../../core/clock.js'
import type { RouteBufferSettings, RouteSettings } from '../../core/settings/route.js'
import { RouteGauges } from '../../mailbox/route-gauges.js'
import type { StartRoute } from '../../mailbox/thread-messages.js'
import { backoffDelay } from '../../resilience/backoff.js'
import type { ActorRoutesDependencies } from './dependencies.js'
import { openKeyStore } from './key-file.js'
import { makeSource } from './make-source.js'
import { MemoryBuffer } from './memory-buffer.js'
import { RouteBuffer } from './route-buffer.js'
import { RunningRoute } from './running-route.js'
import { type KeyStore, SeenKeys } from './seen-keys.js'
import { Transforming } from './transforming.js'

const BACKOFF = { kind: 'exponential', initialMs: 200, factor: 2, maxMs: 10_000 } as const
const JITTER = 0.2

/**
 * Starts a route in the actor of its source. While its folder cannot be used, it is tried again.
 * @returns `undefined` if the actor stops before that
 */
export async function startRoute(
  { settings, gauges: shared }: StartRoute,
  id: number,
  parts: ActorRoutesDependencies,
  isStopping: () => boolean,
): Promise<RunningRoute | undefined> {
  const { clock, random, budget, outbox, formats, sources, adapter, topics, othersWait } = parts
  const stores = await openStores(settings, parts, isStopping)
  if (stores === undefined) return undefined
  const gauges = new RouteGauges(shared)
  const isShared = adapter.pubsub?.holdsBack !== 'subscription'
  const route = new RunningRoute({
    settings,
    clock,
    budget,
    gauges,
    outbox,
    format: formats.of(settings.from.format),
    capacity: parts.settings.mailbox,
    blocksOthers: () => isShared && othersWait(),
    seen: stores.seen,
    keyStore: stores.keyStore,
  })
  const { transforms } = settings
  const transforming =
    transforms.length === 0 ? undefined : new Transforming(transforms, parts.transforms, route)
  const buffer =
    stores.buffer &&
    new RouteBuffer({
      name: settings.name,
      buffer: stores.buffer,
      clock,
      random,
      gauges,
      log: parts.log,
      route,
      pending: { messages: settings.window, bytes: settings.windowBytes },
      drainRate: settings.buffer?.drainRate,
    })
  const handle = makeSource(
    id,
    settings,
    { adapter, service: parts.service, topics, onEnd: (source, error) => sources.ended(source, error) },
    route,
  )
  route.attach(handle, transforming, buffer)
  sources.add(handle.source)
  return route
}

interface Stores {
  readonly buffer: MessageBuffer | undefined
  readonly seen: SeenKeys | undefined
  readonly keyStore: KeyStore | undefined
}

async function openStores(
  settings: RouteSettings,
  { clock, random, log, transforms }: ActorRoutesDependencies,
  isStopping: () => boolean,
): Promise<Stores | undefined> {
  const { name, buffer, idempotency } = settings
  for (let failures = 0; !isStopping(); failures++) {
    let opened: MessageBuffer | undefined
    try {
      if (settings.transforms.length > 0) await transforms.load()
      opened = buffer && (await openBuffer(name, buffer, { clock, random, log }))
      if (idempotency === undefined) return { buffer: opened, seen: undefined, keyStore: undefined }
      const { windowMs, limit, folder } = idempotency
      const onFault = (reason: string) =>
        log({ level: 'error', message: `route ${name}: ${reason}`, route: name })
      const store =
        folder === undefined
          ? undefined
          : await openKeyStore({ folder, windowMs, clock, owner: `route ${name}`, onFault })
      const seen = new SeenKeys(clock, windowMs, limit, store?.known)
      return { buffer: opened, seen, keyStore: store?.over(seen) }
    } catch (error) {
      await opened?.close()
      const reason = (error as Error).message
      log({ level: 'error', message: `route ${name} cannot start: ${reason}; trying again`, route: name })
      await sleep(clock, backoffDelay(BACKOFF, JITTER, failures + 1, random.number))
    }
  }
  return undefined
}

async function openBuffer(
  route: string,
  settings: RouteBufferSettings,
  { clock, random, log }: Pick<ActorRoutesDependencies, 'clock' | 'random' | 'log'>,
): Promise<MessageBuffer> {
  const { folder } = settings
  if (folder === undefined) return new MemoryBuffer(settings, clock)
  // Loaded only if it is used, which saves memory.
  const { openDiskBuffer } = await import('../../buffer/disk-buffer.js')
  const { maxBytes, maxAgeMs, whenFull } = settings
  return openDiskBuffer({
    folder,
    maxBytes,
    whenFull,
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    owner: `route ${route}`,
    clock,
    random,
    onFault: ({ reason, file, messages }) =>
      log({
        level: 'error',
        message: `route ${route}: a fault in its buffer on disk: ${reason}`,
        route,
        file,
        messages,
      }),
  })
}
