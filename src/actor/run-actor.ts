import type { Authentication } from '../core/adapter/authentication.js'
import type { AdapterFactory } from '../core/adapter/protocol-adapter.js'
import { systemClock } from '../core/clock.js'
import { systemRandom } from '../core/random.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { Logger } from '../core/telemetry.js'
import { serveControl } from '../mailbox/control.js'
import { encodeError } from '../mailbox/error-codec.js'
import { Gauges } from '../mailbox/gauges.js'
import type { Peer, StartRoute } from '../mailbox/thread-messages.js'
import { loadFormats } from '../wire/wire-format.js'
import { startHeartbeat } from './heartbeat.js'
import { type IntegrationActor, startIntegrationActor } from './integration-actor.js'
import type { ActorRoutes } from './routes/actor-routes.js'
import type { ActorRoutesDependencies } from './routes/dependencies.js'
import { type ActorThread, actorThread } from './thread.js'
import { threadLogger } from './thread-logger.js'
import { jqStarter, transformLoader } from './transform-code.js'

/**
 * Runs an actor in this worker thread. It starts when the supervisor sends its settings. Called once, by an entry point
 * in `workers/`.
 */
export function runActor(makeAdapter: AdapterFactory): void {
  const thread = actorThread()
  let actor: IntegrationActor | undefined
  thread.listen(async (message) => {
    // The host sends links after the start has been acknowledged.
    if (message.kind === 'join-link') return actor?.join(message)
    if (message.kind === 'part-link') return actor?.part(message)
    if (message.kind !== 'start-actor') return
    const { heartbeatMs, limits } = message.settings
    // The actor has its own heartbeat. This one also covers what runs before: loading code and making the adapter.
    const heartbeat = startHeartbeat(systemClock, new Gauges(message.gauges), {
      heartbeatMs,
      memory: limits.memory,
    })
    try {
      await loadFormats(message.settings)
      const routes = message.routes === undefined ? undefined : await loadRoutes(message.routes)
      const log = threadLogger(thread)
      const authentication = await authenticationOf(message.settings, log)
      actor = startIntegrationActor(message, await withDiscovery(makeAdapter, message.settings), {
        clock: systemClock,
        random: systemRandom,
        log,
        ...(authentication && { authentication }),
        dial: async (broker) => dial(thread, { broker }),
        dialScripts: () => dial(thread, 'scripts'),
        loadTransforms: transformLoader(message.transformFiles),
        startJq: jqStarter(message.transformFiles),
        ...(routes && { routes }),
      })
      serveControl(message.control, actor)
      thread.tell({ kind: 'ready' })
    } catch (error) {
      thread.tell({ kind: 'start-failed', error: encodeError(error) })
    } finally {
      heartbeat.cancel()
    }
  })
  thread.tell({ kind: 'loaded' })
}

/** Loads the code of routes, which actors without routes do not need. */
async function loadRoutes(
  routes: readonly StartRoute[],
): Promise<(parts: ActorRoutesDependencies) => ActorRoutes> {
  const { ActorRoutes } = await import('./routes/actor-routes.js')
  return (parts) => new ActorRoutes(routes, parts)
}

/** Adds discovery and announcement to an adapter. Their code is loaded only if configured, which saves memory. */
async function withDiscovery(
  makeAdapter: AdapterFactory,
  { announce, discovery }: IntegrationSettings,
): Promise<AdapterFactory> {
  let adapter = makeAdapter
  if (announce !== undefined)
    adapter = (await import('../discovery/announcing-adapter.js')).announcing(adapter)
  if (discovery !== undefined)
    adapter = (await import('../discovery/discovering-adapter.js')).discovering(adapter)
  return adapter
}

/** Makes the authentication of a server. Its code is loaded only if configured, because it needs cryptography. */
async function authenticationOf(
  { authentication, name }: IntegrationSettings,
  log: Logger,
): Promise<Authentication | undefined> {
  if (authentication === undefined) return undefined
  const { makeAuthentication } = await import('../authentication/make-authentication.js')
  return makeAuthentication(authentication, name, { clock: systemClock, log })
}

function dial(thread: ActorThread, peer: Peer): NodePort {
  const { port1, port2 } = new MessageChannel()
  // Node's types have two names for the same port class.
  const [ours, theirs] = [port1, port2] as unknown as [NodePort, NodePort]
  thread.tell({ kind: 'dial', peer, port: theirs }, [theirs])
  return ours
}

type NodePort = Parameters<ActorThread['tell']>[1] extends readonly (infer P)[] | undefined ? P : never
