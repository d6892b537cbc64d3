import type { AdapterFactory } from '../core/adapter/protocol-adapter.js'
import { systemClock } from '../core/clock.js'
import { systemRandom } from '../core/random.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import { serveControl } from '../mailbox/control.js'
import { encodeError } from '../mailbox/error-codec.js'
import { loadFormats } from '../wire/wire-format.js'
import { startIntegrationActor } from './integration-actor.js'
import { type ActorThread, actorThread } from './thread.js'
import { threadLogger } from './thread-logger.js'
import { jqStarter, transformLoader } from './transform-code.js'

/**
 * Runs an actor in this worker thread. It starts when the supervisor sends its settings. Called once, by an entry point
 * in `workers/`.
 */
export function runActor(makeAdapter: AdapterFactory): void {
  const thread = actorThread()
  thread.listen(async (message) => {
    if (message.kind !== 'start-actor') return
    try {
      await loadFormats(message.settings)
      const actor = startIntegrationActor(message, await withDiscovery(makeAdapter, message.settings), {
        clock: systemClock,
        random: systemRandom,
        log: threadLogger(thread),
        dial: (broker) => dial(thread, broker),
        loadTransforms: transformLoader(message.transformFiles),
        startJq: jqStarter(message.transformFiles),
      })
      serveControl(message.control, actor)
      thread.tell({ kind: 'ready' })
    } catch (error) {
      thread.tell({ kind: 'start-failed', error: encodeError(error) })
    }
  })
  thread.tell({ kind: 'loaded' })
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

async function dial(thread: ActorThread, broker: string) {
  const { port1, port2 } = new MessageChannel()
  // Node's types have two names for the same port class.
  const [ours, theirs] = [port1, port2] as unknown as [NodePort, NodePort]
  thread.tell({ kind: 'dial', broker, port: theirs }, [theirs])
  return ours
}

type NodePort = Parameters<ActorThread['tell']>[1] extends readonly (infer P)[] | undefined ? P : never
