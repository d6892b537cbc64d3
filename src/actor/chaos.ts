import { type Clock, every, type Timer } from '../core/clock.js'
import type { Fault } from '../core/settings/chaos.js'

const LEAK_STEP_MS = 1
const BLOCK_SECONDS = 5

/**
 * Causes a fault in the current actor, to test supervision (`chaos` block, `connections.inject`). The supervisor is not
 * notified: it must detect each fault as it would detect a real one.
 */
export function inject(fault: Fault, clock: Clock): void {
  switch (fault) {
    case 'throw':
      clock.nextTurn(() => {
        throw new Error('injected fault: throw')
      })
      return
    case 'reject':
      Promise.reject(new Error('injected fault: reject'))
      return
    case 'exit':
      clock.nextTurn(exitThread)
      return
    case 'leak-objects':
      return leak(
        clock,
        (kept: object[]) => {
          for (let i = 0; i < 50_000; i++) kept.push({ leaked: i, at: [i, i, i] })
        },
        [],
      )
    case 'leak-map':
      return leak(
        clock,
        (kept: Map<number, string>) => {
          for (let i = 0; i < 50_000; i++) kept.set(kept.size, `leaked ${kept.size}`)
        },
        new Map(),
      )
    case 'leak-buffers':
      return leak(clock, (kept: Buffer[]) => kept.push(Buffer.alloc(2 * 1024 * 1024, 1)), [])
    case 'spin':
      clock.nextTurn(() => {
        for (;;);
      })
      return
    case 'block':
      // A native call cannot be interrupted, not even by terminating the thread.
      clock.nextTurn(() =>
        process.getBuiltinModule('node:child_process').execFileSync('sleep', [String(BLOCK_SECONDS)]),
      )
      return
  }
}

/** Causes a fault at an interval until the actor ends. */
export function startChaos(
  clock: Clock,
  chaos: { readonly fault: Fault; readonly everyMs: number } | undefined,
): Timer | undefined {
  if (chaos === undefined) return undefined
  return every(clock, chaos.everyMs, () => inject(chaos.fault, clock), { background: true })
}

function leak<T>(clock: Clock, grow: (kept: T) => void, kept: T): void {
  every(clock, LEAK_STEP_MS, () => grow(kept))
}

function exitThread(): void {
  process.exit(3)
}
