import { type StatsListener, unwatchFile, watchFile } from 'node:fs'
import type { Clock, Timer } from '../core/clock.js'

/** How often the files are looked at. */
const LOOK_EVERY_MS = 200
/** Changes in quick succession count as one: an editor writes several files, and some twice. */
const SETTLE_MS = 50

/**
 * Watches files, also missing ones. Looks at their state, because events of the file system miss a replaced symbolic
 * link, a file renamed over another, and volumes of containers.
 */
export class FileWatch {
  readonly #clock: Clock
  readonly #changed: () => void
  readonly #watched = new Map<string, StatsListener>()
  #timer: Timer | undefined

  /** @param changed called when files have changed */
  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock
    this.#changed = changed
  }

  /** Watches these files and no others. */
  set(paths: ReadonlySet<string>): void {
    for (const path of this.#watched.keys()) if (!paths.has(path)) this.#forget(path)
    for (const path of paths) {
      if (this.#watched.has(path)) continue
      const listener: StatsListener = () => this.#note()
      this.#watched.set(path, listener)
      watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, listener)
    }
  }

  close(): void {
    this.#timer?.cancel()
    for (const path of [...this.#watched.keys()]) this.#forget(path)
  }

  #note(): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.setTimer(SETTLE_MS, this.#changed, { background: true })
  }

  #forget(path: string): void {
    unwatchFile(path, this.#watched.get(path))
    this.#watched.delete(path)
  }
}
