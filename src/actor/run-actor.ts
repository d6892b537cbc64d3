import type { AdapterFactory } from '../core/adapter.js'
import { systemClock } from '../core/clock.js'
import { discovering } from '../discovery/discovering-adapter.js'
import { serveControl } from '../mailbox/control.js'
import { encodeError } from '../mailbox/error-codec.js'
import { loadFormats } from '../wire/wire-format.js'
import { startIntegrationActor } from './integration-actor.js'
import { type ActorThread, actorThread } from './thread.js'
import { threadLogger } from './thread-logger.js'

/**
 * Makes this worker thread an actor: loaded now, started when the supervisor says which integration it is.
 * Called once, by an entry point in `workers/`.
 */
export function runActor(makeAdapter: AdapterFactory): void {
  const thread = actorThread()
  thread.listen(async (message) => {
    if (message.kind !== 'start-actor') return
    try {
      await loadFormats(message.settings)
      const actor = startIntegrationActor(message, discovering(makeAdapter), {
        clock: systemClock,
        log: threadLogger(thread),
        dial: (broker) => dial(thread, broker),
      })
      serveControl(message.control, actor)
      thread.tell({ kind: 'ready' })
    } catch (error) {
      thread.tell({ kind: 'start-failed', error: encodeError(error) })
    }
  })
  thread.tell({ kind: 'loaded' })
}

async function dial(thread: ActorThread, broker: string) {
  const { port1, port2 } = new MessageChannel()
  // Node's own ports, which its types know by two names.
  const [ours, theirs] = [port1, port2] as unknown as [NodePort, NodePort]
  thread.tell({ kind: 'dial', broker, port: theirs }, [theirs])
  return ours
}

type NodePort = Parameters<ActorThread['tell']>[1] extends readonly (infer P)[] | undefined ? P : never
