import { every, systemClock } from '../../core/clock.js'
import { encodeError, messageOf } from '../../mailbox/error-codec.js'
import {
  type FromScript,
  ScriptGauges,
  type ScriptLease,
  type ToScript,
} from '../../mailbox/script-protocol.js'
import { HeldMemory } from '../held-memory.js'
import { GatewayLink } from './gateway-link.js'
import { loadScript } from './load-script.js'
import { functionsOf, ScriptCalls } from './script-calls.js'

const BEAT_EVERY_MS = 50

/**
 * Serves a script in this thread, for the pool that has started it. Never resolves: the host ends the thread.
 */
export async function serveScript({
  url,
  port,
  gauges: shared,
  memory,
  maxResult,
  files,
}: ScriptLease): Promise<void> {
  const post = (message: FromScript) => port.postMessage(message)
  const gauges = new ScriptGauges(shared)
  const held = new HeldMemory(systemClock, memory)
  const beat = () => gauges.beat(held.measure())
  beat()
  every(systemClock, BEAT_EVERY_MS, beat, { background: true })
  // Standard output belongs to the application, which may speak a protocol over it.
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write
  process.on('uncaughtExceptionMonitor', (error) => post({ kind: 'dying', reason: messageOf(error) }))
  const link = new GatewayLink(post, maxResult)
  try {
    const module = await loadScript(url, files)
    const calls = new ScriptCalls(module, link, post, maxResult)
    port.on('message', (message: ToScript) => {
      switch (message.kind) {
        case 'call':
          gauges.begin()
          void calls.run(message)
          break
        case 'cancel':
          beat()
          calls.cancel(message)
          break
        case 'answer':
          link.answer(message.id, message.outcome)
      }
    })
    post({ kind: 'loaded', functions: functionsOf(module) })
  } catch (error) {
    post({ kind: 'refused', error: encodeError(error) })
  }
  return new Promise(() => {})
}
