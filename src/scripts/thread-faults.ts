import { formatBytes } from '../core/bytes.js'
import type { ScriptSettings } from '../core/settings/script.js'
import type { ScriptThread } from './script-thread.js'

/** How often the threads are looked at. */
export const LOOK_EVERY_MS = 100
/** A thread without a heartbeat for this many looks does not respond. */
const MOST_SILENT_LOOKS = 30
/** What the process may grow by while a script is loaded, beyond "memory": actors start at the same time. */
const LOADING_BYTES = 256 * 2 ** 20

/**
 * Looks at a thread.
 * @param rss the memory of the process
 * @returns why the thread is to be ended: it uses too much memory, or does not respond between calls
 */
export function faultOf(thread: ScriptThread, settings: ScriptSettings, rss: number): string | undefined {
  const { heartbeat } = thread.gauges
  if (heartbeat !== thread.seen.beat) thread.seen = { beat: heartbeat, rss, looks: 0 }
  return memoryFault(thread, settings, rss) ?? silence(thread)
}

/**
 * A thread in the middle of a loop cannot measure itself: the growth of the process since its last heartbeat counts
 * against it.
 */
function memoryFault(thread: ScriptThread, settings: ScriptSettings, rss: number): string | undefined {
  const { memory, threads } = settings
  const grown = rss - thread.seen.rss
  // Threads that load grow together.
  const growth = thread.isLoaded ? grown : (grown - LOADING_BYTES) / threads
  const isBusy = thread.calls.size > 0 || !thread.isLoaded
  const held = thread.gauges.bytes + (isBusy ? Math.max(0, growth) : 0)
  if (held <= memory) return undefined
  return `it held ${formatBytes(held)} of memory; "memory" allows ${formatBytes(memory)}`
}

/** A call has a time limit. Outside of calls, nothing else ends a thread whose event loop stands still. */
function silence(thread: ScriptThread): string | undefined {
  if (!thread.isReady || thread.isInCall || ++thread.seen.looks <= MOST_SILENT_LOOKS) return undefined
  return `it did not respond for ${(MOST_SILENT_LOOKS * LOOK_EVERY_MS) / 1_000} s between calls`
}
